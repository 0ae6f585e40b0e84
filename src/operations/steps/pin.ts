import { excerpt } from '../../text/printable.ts';
import { freezeGuard } from '../guards/freeze.ts';
import { jobsGuard } from '../guards/jobs.ts';
import { readOnlyGuard } from '../guards/read-only.ts';
import type { EditAnswer, EditRequest } from '../pins/editing.ts';
import { runEditor } from '../pins/editor.ts';
import type { PinStep } from '../plan.ts';
import { StepRefused, type StepContext, type StepKind } from './step.ts';

/** The pin moved in one file, as its owner; every other byte stays (docs/host.md, pin). */
export const pinStep: StepKind<PinStep> = {
  guards: [readOnlyGuard, freezeGuard, jobsGuard],
  whenStopped: 'the pin is moved back',
  disrupts: true,

  async run(context, step) {
    const answer = await edit(context, step, { from: step.from, to: step.to, clean: true });
    if ('problem' in answer) throw new StepRefused(excerpt(answer.problem));
    return { result: { edited: answer.edited } };
  },

  // Before the file was replaced nothing had happened, and afterwards all of it had: this moves nothing, and clears up.
  async recover(context, step) {
    const answer = await edit(context, step, { from: step.to, to: step.to, clean: false });
    return 'edited' in answer ? { result: { edited: 'moved' } } : undefined;
  },

  async undo(context, step) {
    const answer = await edit(context, step, { from: step.to, to: step.from, clean: false });
    if ('problem' in answer) throw new Error(answer.problem);
  },

  undoWhenLost: () => true,
};

function edit(
  { host, config, account }: StepContext,
  { file, base, variable, user }: PinStep,
  about: Pick<EditRequest, 'from' | 'to' | 'clean'>,
): Promise<EditAnswer> {
  return runEditor(host, config, user === null ? undefined : account, {
    file,
    base,
    variable,
    dry: false,
    ...about,
  });
}
