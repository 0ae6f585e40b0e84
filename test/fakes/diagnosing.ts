import { loadConfig } from '../../src/config/load.ts';
import type { Check, Diagnosing } from '../../src/diagnosis/subject.ts';
import type { Finding } from '../../src/diagnosis/finding.ts';
import { FileProblem, systemFiles, type FileFacts, type Files, type Room } from '../../src/host/files.ts';
import { fleetOf } from './fleet.ts';
import { fakeHost } from './host.ts';

/** What a check looks at: root on a host of nobody, but for what the test says. */
export function diagnosingOf(parts: Partial<Omit<Diagnosing, 'config'>> = {}, ...set: string[]): Diagnosing {
  return {
    host: fakeHost({ files: fakeFiles({}) }),
    config: loadConfig({ set: ['host.administrator=admin', ...set] }).config,
    configFile: undefined,
    fleet: fleetOf(),
    environment: {},
    uid: 0,
    journal: undefined,
    journalProblem: undefined,
    ...parts,
  };
}

type FakeFile = Partial<Omit<FileFacts, 'kind'>> & { kind?: FileFacts['kind']; text?: string };

/** Files that are these and no others; `denied` may not be looked at. All belong to root and are closed to others. */
export function fakeFiles(files: Readonly<Record<string, FakeFile | 'denied'>>, room?: Partial<Room>): Files {
  const look = (path: string): Promise<FileFacts | undefined> => {
    const file = files[path];
    if (file === 'denied') return Promise.reject(new FileProblem(path, 'EACCES', 'no permission'));
    if (file === undefined) return Promise.resolve(undefined);
    const { text, ...facts } = file;
    return Promise.resolve({
      kind: 'file',
      size: text?.length ?? 0,
      modified: 0,
      inode: 1n,
      device: 1n,
      uid: 0,
      mode: facts.kind === 'directory' ? 0o700 : 0o600,
      fingerprint: '',
      ...facts,
    });
  };
  return {
    ...systemFiles,
    look,
    lookThrough: look,
    read(path) {
      const file = files[path];
      return file === undefined || file === 'denied' || file.text === undefined
        ? Promise.reject(new FileProblem(path, file === 'denied' ? 'EACCES' : 'ENOENT', 'no such file'))
        : Promise.resolve(file.text);
    },
    room: () => Promise.resolve({ free: 10 ** 12, inodes: 10 ** 6, device: 1n, ...room }),
    async way(path) {
      const parts = path.split('/').slice(1);
      const at = ['/', ...parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`)];
      const steps = await Promise.all(
        at.map(async (step) => ({
          path: step,
          facts:
            (await look(step)) ??
            (await fakeFiles({ [step]: { kind: 'directory', mode: 0o755 } }).look(step)),
        })),
      );
      return steps.flatMap(({ path: step, facts }) => (facts === undefined ? [] : [{ path: step, facts }]));
    },
  };
}

/** What a check says, without what is well. */
export async function problems(check: Check | undefined, diagnosing: Diagnosing): Promise<Finding[]> {
  if (check === undefined) throw new Error('there is no such check');
  return (await check(diagnosing)).filter(({ verdict }) => verdict !== 'ok');
}

/** A finding in one line: verdict, subject, what was found. */
export const line = ({ verdict, subject, found }: Finding): string => `${verdict} ${subject}: ${found}`;
