import { failureText } from '../../host/commands.ts';
import { excerpt, publicLine } from '../../text/printable.ts';
import { readOnlyGuard } from '../guards/read-only.ts';
import type { CommandStep } from '../plan.ts';
import { StepRefused, type StepKind } from './step.ts';

/** Lines of its output that are kept with the operation. */
const mostLines = 500;

/** A command of the config's, which has to succeed: the dispatch's own tests, for example. As the administrator. */
export const commandStep: StepKind<CommandStep> = {
  guards: [readOnlyGuard],
  whenStopped: 'the command is ended',

  async run(context, step) {
    const { host, account, signal } = context;
    const [file = '', ...args] = step.argv;
    context.event('info', { type: 'command', argv: step.argv, as: account.name });
    let lines = 0;
    const result = await host.commands.run([file, ...args], {
      as: account,
      folder: step.folder,
      timeout: step.timeout,
      maxOutput: 64 * 1024 * 1024,
      family: true,
      environment: { T3_CANDIDATE: step.version },
      signal,
      onLine(line) {
        if ((lines += 1) <= mostLines)
          context.event('info', { type: 'output', text: excerpt(publicLine(line)) });
      },
    });
    if (signal.aborted) throw new Error('stopped');
    const failure = failureText(result);
    if (failure === undefined) return { result: {} };
    const last = result.stderr
      .split('\n')
      .map((line) => line.trim())
      .findLast((line) => line !== '');
    throw new StepRefused(
      excerpt(`${step.title} failed: ${failure}${last === undefined ? '' : `: ${publicLine(last)}`}`),
    );
  },

  recover: () => Promise.resolve(undefined),
};
