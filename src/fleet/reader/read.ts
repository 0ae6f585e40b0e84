import * as z from 'zod';
import type { Config } from '../../config/schema.ts';
import type { Account } from '../../host/account.ts';
import { complaint, failureText } from '../../host/commands.ts';
import type { Host } from '../../host/host.ts';
import { entryCommand } from '../../host/program.ts';
import { stateFactsSchema, workSchema } from '../../t3/state-schema.ts';
import { excerpt } from '../../text/printable.ts';
import type { FolderFacts, Report, Task } from './protocol.ts';

const entries = z
  .array(z.object({ name: z.string().max(255), bytes: z.number(), modified: z.number() }))
  .nullable();
const folderSchema: z.ZodType<FolderFacts> = z.object({ host: entries, own: entries });
const answerSchemas = {
  state: stateFactsSchema,
  work: workSchema,
  folder: folderSchema,
  text: z.string(),
} as const;
const reportSchema: z.ZodType<Report> = z.object({
  answers: z.array(z.union([z.object({ facts: z.unknown() }), z.object({ problem: z.string() })])),
  cpu: z.number().min(0),
});

type Facts<Kind extends Task['task']> = z.output<(typeof answerSchemas)[Kind]>;
export type Answer<Kind extends Task['task']> = { facts: Facts<Kind> } | { problem: string };
type Answers<Tasks extends readonly Task[]> = { [Index in keyof Tasks]: Answer<Tasks[Index]['task']> };

/** The answers, in the order of the tasks, and what they cost in milliseconds of a core. */
export interface Reading<Tasks extends readonly Task[]> {
  answers: Answers<Tasks>;
  cost: number;
}

/** A reader that says it took no time is not believed: its owner would be read without a pause. */
const leastCpuShare = 0.2;

/**
 * Have a reader do these tasks as the owner. Never rejects for what the owner's files, or a tampered reader, may do:
 * then every task has a problem, in words for a cell.
 */
export async function readAs<const Tasks extends readonly Task[]>(
  host: Host,
  config: Config,
  account: Account,
  tasks: Tasks,
): Promise<Reading<Tasks>> {
  const started = host.clock.monotonic();
  const all = (problem: string): Reading<Tasks> => ({
    answers: tasks.map(() => ({ problem })) as Answers<Tasks>,
    cost: host.clock.monotonic() - started,
  });
  const { readerTimeout, readerMemory } = config.limits;
  let output: unknown;
  try {
    const result = await host.commands.run(entryCommand('reader'), {
      as: account,
      ceilings: { cpu: readerTimeout / 1000 + 1, memory: readerMemory, engines: 1 },
      timeout: readerTimeout,
      input: JSON.stringify(tasks),
      maxOutput: 8 * 1024 * 1024,
    });
    if (result.failure === 'timeout') return all(`not read within ${readerTimeout / 1000} s`);
    const failure = failureText(result);
    if (failure !== undefined) return all(`the reader failed: ${excerpt(complaint(result))}`);
    output = JSON.parse(result.stdout);
  } catch (error) {
    return all(excerpt(error instanceof Error ? error.message : String(error)));
  }
  const report = reportSchema.safeParse(output);
  if (!report.success || report.data.answers.length !== tasks.length)
    return all('the reader’s answer makes no sense');
  const answers = report.data.answers.map((answer, index) => {
    if ('problem' in answer) return { problem: excerpt(answer.problem) };
    const task = tasks[index];
    const facts = task === undefined ? undefined : answerSchemas[task.task].safeParse(answer.facts);
    return facts?.success === true
      ? { facts: facts.data }
      : { problem: 'the reader’s answer makes no sense' };
  }) as Answers<Tasks>;
  const wall = host.clock.monotonic() - started;
  return { answers, cost: Math.min(wall, Math.max(report.data.cpu, wall * leastCpuShare)) };
}
