import { readAs } from '../../fleet/reader/read.ts';
import { schemaLevel, type Migration } from '../../t3/state-database.ts';
import { readOnlyGuard } from '../guards/read-only.ts';
import type { CheckStep } from '../plan.ts';
import type { GateResult } from './gate.ts';
import { askRunning } from './running.ts';
import type { StartResult } from './start.ts';
import type { StepContext, StepKind } from './step.ts';

/** Does the server run the version that it was moved to, on the schema that was foreseen? */
export const checkStep: StepKind<CheckStep> = {
  guards: [readOnlyGuard],
  whenStopped: 'it is finished',
  mustFollow: true,

  async run(context, step) {
    const started = context.resultOf(`${step.user}/start`) as StartResult | undefined;
    // Left off, as it was: nothing of it has moved.
    if (started?.version === null) return { result: { schema: null } };
    const running = await askRunning(context, step.port);
    if ('problem' in running) throw new Error(`it does not answer any more: ${running.problem}`);
    if (running.version !== step.version) throw new Error(`it runs ${running.version}, not ${step.version}`);
    const schema = await schemaNow(context, step);
    if (step.unforeseen === true) return { result: { schema } };
    const expected = step.schema ?? predicted(context);
    if (expected === undefined) throw new Error('what schema it should have is not known');
    if (schema.id !== expected.id || schema.name !== expected.name)
      throw new Error(
        `its schema is ${schema.id} (${schema.name}), and it should be ${expected.id} (${expected.name})`,
      );
    return { result: { schema } };
  },

  recover: () => Promise.resolve(undefined),
};

/** What the gate of this operation has seen the candidate make of an empty database. */
function predicted({ resultOf }: StepContext): Migration | undefined {
  return (resultOf('candidate/empty') as GateResult | undefined)?.schema.after ?? undefined;
}

/** @throws when it cannot be read */
export async function schemaNow(
  { host, config, account }: Pick<StepContext, 'host' | 'config' | 'account'>,
  { live, home }: { live: string; home: string },
): Promise<Migration> {
  const { answers } = await readAs(host, config, account, [
    { task: 'state', path: live, home, patience: config.limits.readerTimeout / 2 },
  ]);
  const [state] = answers;
  if ('problem' in state) throw new Error(state.problem);
  const level = schemaLevel(state.facts.migrations);
  if (level === undefined) throw new Error(`${live} has no migrations`);
  return level;
}
