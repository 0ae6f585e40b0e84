import { HttpFailure } from '../../host/http.ts';
import { environmentPath, runningVersion } from '../../t3/environment.ts';
import { excerpt } from '../../text/printable.ts';
import type { StepContext } from './step.ts';

/** Which code answers on an instance's port now? */
export async function askRunning(
  { host, config }: Pick<StepContext, 'host' | 'config'>,
  port: number,
): Promise<{ version: string } | { problem: string }> {
  try {
    return runningVersion(
      await host.http.fetch(`http://127.0.0.1:${port}${environmentPath}`, {
        timeout: config.limits.httpTimeout,
        maxBody: config.limits.httpBody,
      }),
    );
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error;
    return { problem: excerpt(error.message) };
  }
}
