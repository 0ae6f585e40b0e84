import { expect } from 'vitest';
import { until } from '../sandbox/sandbox.ts';
import { cockpit, sh } from './machine.ts';

/** What `doctor --json` says (docs/json.md). */
export interface Finding {
  group: string;
  subject: string;
  verdict: 'ok' | 'attention' | 'wrong' | 'unknown';
  found: string;
  remedy: string;
  command: string | null;
}
export interface Diagnosis {
  exitCode: number;
  findings: Finding[];
}

/** The jobs of other tests are not of this one. */
export const withoutJobs = ['--set', 'jobs=[]'];

export async function doctor(...args: string[]): Promise<Diagnosis> {
  const run = await cockpit(['--json', ...(args.length === 0 ? withoutJobs : args), 'doctor']);
  return { exitCode: run.exitCode, ...(JSON.parse(run.stdout) as { findings: Finding[] }) };
}

export const notWell = ({ findings }: Diagnosis) => findings.filter(({ verdict }) => verdict !== 'ok');
export const title = ({ verdict, group, subject }: Finding) => `${verdict} ${group}/${subject}`;

/** What is not well with the machine as it was built, and said to be so. */
export const stated = new Set<string>();

/** What is not well now, beside what was stated. */
export const more = async () => notWell(await doctor()).filter((each) => !stated.has(title(each)));

/** The one thing that is not well now, beside what was stated. */
export async function only(expected: string): Promise<Finding> {
  const diagnosis = await doctor();
  const found = notWell(diagnosis).filter((each) => !stated.has(title(each)));
  expect(found.map(title), JSON.stringify(found)).toEqual([expected]);
  expect(diagnosis.exitCode).toBe(/^(wrong|unknown) /.test(expected) ? 1 : 0);
  const [finding] = found;
  if (finding === undefined) throw new Error('unreachable: the list has one element');
  return finding;
}

/** Do what the finding says, in a shell, as it stands; and see that nothing of it is left. */
export async function heal({ command }: Finding): Promise<void> {
  if (command === null) throw new Error('there is no command');
  await sh('sh', '-c', command);
  await nothingLeft();
}

export async function nothingLeft(): Promise<void> {
  expect(notWell(await doctor()).map(title)).toEqual([...stated]);
}

/** Wait until a user's server listens and answers. */
export const answering = (user: string) =>
  until(`${user} to answer`, async () =>
    (await doctor()).findings.some(
      ({ subject }) => subject === `${user}: answers` || subject === `${user}: listens`,
    )
      ? undefined
      : true,
  );
