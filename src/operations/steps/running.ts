import { HttpFailure } from '../../host/http.ts';
import { strangerOn } from '../../host/sockets.ts';
import { environmentPath, runningVersion } from '../../t3/environment.ts';
import { excerpt } from '../../text/printable.ts';
import type { StepContext } from './step.ts';

/** Which code answers on an instance's port now, and is it the user's own? */
export async function askRunning(
  { host, config, account }: Pick<StepContext, 'host' | 'config' | 'account'>,
  port: number,
): Promise<{ version: string } | { problem: string }> {
  try {
    const answer = runningVersion(
      await host.http.fetch(`http://127.0.0.1:${port}${environmentPath}`, {
        timeout: config.limits.httpTimeout,
        maxBody: config.limits.httpBody,
      }),
    );
    const stranger = await strangerOn(host.sockets, port, account);
    return stranger === undefined ? answer : { problem: stranger };
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error;
    return { problem: excerpt(error.message) };
  }
}
