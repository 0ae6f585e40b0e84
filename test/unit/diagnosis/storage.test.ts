import { chmodSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { diskSubject } from '../../../src/diagnosis/disk.ts';
import { journalSubject } from '../../../src/diagnosis/journal.ts';
import { pathsSubject } from '../../../src/diagnosis/paths.ts';
import { usersSubject } from '../../../src/diagnosis/users.ts';
import { known, pending, unknown } from '../../../src/fleet/observation.ts';
import { systemFiles } from '../../../src/host/files.ts';
import { openJournal, openJournalReadOnly } from '../../../src/journal/journal.ts';
import { diagnosingOf, fakeFiles, line, problems } from '../../fakes/diagnosing.ts';
import { fleetOf, instanceOf, runningUnit, startMoment } from '../../fakes/fleet.ts';
import { fakeHost } from '../../fakes/host.ts';
import { scratch } from '../../scratch.ts';

const at = startMoment;
const hosting = (files: Parameters<typeof fakeFiles>[0], room: Parameters<typeof fakeFiles>[1] = {}) =>
  fakeHost({ files: fakeFiles(files, room) });

describe('room', () => {
  const fleet = fleetOf(instanceOf('vera'), instanceOf('emo', { size: unknown('no permission', at) }));
  const home = { '/home/vera': { kind: 'directory' as const } };

  it('for a backup of everyone, and what must stay free beside it', async () => {
    const backups = async (free: number) =>
      (
        await problems(
          diskSubject.checks['backups'],
          diagnosingOf({ fleet, host: hosting({}, { free }) }, 'snapshots.keepFree=1mb'),
        )
      ).map(line);
    // Vera's database and its log: 1.5 MB; and 1 MiB to stay free.
    expect(await backups(1_500_000 + 1_048_576)).toEqual([]);
    expect(await backups(1_500_000 + 1_048_575)).toEqual([
      'wrong backups: /var/backups/t3-state: 2.55 MB free, a backup of everyone takes 1.5 MB, not counting emo, and 1.05 MB are to stay free (snapshots.keepFree)',
    ]);
  });

  it('in homes for a restore, and anywhere for files', async () => {
    const found = await problems(
      diskSubject.checks['homes'],
      diagnosingOf({ fleet, host: hosting(home, { free: 999_999, inodes: 12 }) }),
    );
    expect(found.map(line)).toEqual([
      'attention homes: /home: 1 MB free, the largest database (vera) is 1 MB: it could not be restored',
      'wrong homes: /home: only 12 more files can be made',
    ]);
    const uncounted = diagnosingOf({ fleet, host: hosting(home, { inodes: undefined }) });
    expect(await problems(diskSubject.checks['homes'], uncounted)).toEqual([]);
  });

  it('for the journal, where it will be', async () => {
    const host = hosting({ '/var': { kind: 'directory' } }, { free: 1000 });
    expect((await problems(diskSubject.checks['state'], diagnosingOf({ host }))).map(line)).toEqual([
      'wrong state: /var: 1 kB free, the journal wants 67.1 MB',
    ]);
  });
});

describe('the journal', () => {
  let state: string;
  beforeAll(() => {
    state = path.join(scratch(), 'state');
    openJournal(state).close();
  });
  // In a sandbox the host's owner is whoever runs it, and so these tests.
  const uid = process.getuid?.() ?? 0;

  it('is whole, and closed to others', async () => {
    const journal = openJournalReadOnly(state);
    const diagnosing = diagnosingOf(
      { uid, host: fakeHost({ files: systemFiles }), journal },
      `sandbox.root=${state}`,
      `paths.state=${state}`,
    );
    const [only] = (await journalSubject.checks['journal']?.(diagnosing)) ?? [];
    expect(only?.found).toMatch(/journal\.sqlite: format \d+, \d.* kB, whole$/);
    chmodSync(path.join(state, 'journal.sqlite'), 0o640);
    const found = await problems(journalSubject.checks['journal'], diagnosing);
    expect(found.map(({ remedy }) => remedy?.command)).toEqual([`chmod go= ${state}/journal.sqlite`]);
    chmodSync(path.join(state, 'journal.sqlite'), 0o600);
    journal.close();
  });

  it('that cannot be opened is wrong, or not ours to see', async () => {
    const verdicts = async (as: number) =>
      (
        await problems(
          journalSubject.checks['journal'],
          diagnosingOf({ uid: as, journalProblem: 'cannot be read' }),
        )
      ).map(({ verdict }) => verdict);
    expect([await verdicts(0), await verdicts(1000)]).toEqual([['wrong'], ['unknown']]);
  });

  it('wants a SQLite that is new enough, and VACUUM INTO, which is tried where it may be', async () => {
    expect(await problems(journalSubject.checks['sqlite'], diagnosingOf())).toEqual([]);
    const found = async (...set: string[]) =>
      (await journalSubject.checks['VACUUM INTO']?.(
        diagnosingOf({ host: fakeHost({ files: systemFiles }) }, `paths.state=${state}`, ...set),
      )) ?? [];
    expect((await found()).map(line)).toEqual([`ok VACUUM INTO: works in ${state}`]);
    expect((await found('readOnly=true')).map(line)).toEqual([expect.not.stringContaining(state)]);
  });
});

describe('users', () => {
  const { checks } = usersSubject;
  const judged = (name: string, facts: Parameters<typeof instanceOf>[1], uid = 0) =>
    problems(
      checks[name],
      diagnosingOf({
        uid,
        fleet: fleetOf(instanceOf('vera', facts)),
        host: hosting({ '/home/vera': { kind: 'directory', uid: 1000 } }),
      }),
    );
  const stopped = known({ ...runningUnit, active: 'inactive', sub: 'dead' }, at);

  it.each([
    ['never started', { state: unknown('no state database', at), unit: stopped }, 0, []],
    ['running without a database', { state: unknown('no state database', at) }, 0, ['wrong']],
    ['of a database that is none', { state: unknown('file is not a database', at) }, 0, ['wrong']],
    ['of a database that is slow', { state: unknown('not read within 10 s', at) }, 0, ['unknown']],
    ['not looked at', { state: pending }, 0, ['unknown']],
    ['not ours to see', { state: unknown('no permission to act as vera', at) }, 1001, ['unknown']],
    ['ourselves', { state: unknown('file is not a database', at) }, 1000, ['wrong']],
  ])('whose database is that of somebody %s', async (_what, facts, uid, verdicts) => {
    expect((await judged('databases', facts, uid)).map(({ verdict }) => verdict)).toEqual(verdicts);
  });

  it('without an account, whose server does not answer, without a snapshot', async () => {
    const [account] = await judged('accounts', { account: unknown('no such OS user', at) });
    expect([account?.verdict, account?.remedy?.command]).toEqual(['wrong', 'useradd --create-home vera']);
    const [server] = await judged('servers', { liveness: unknown('answered 500', at) });
    expect([server?.verdict, server?.remedy?.command]).toEqual([
      'wrong',
      'journalctl --unit=t3-serve@vera.service --lines=50',
    ]);
    expect(await judged('servers', { liveness: unknown('not running', at), unit: stopped })).toEqual([]);
    const [none] = await judged('backups', {});
    expect(none?.remedy?.command).toMatch(/ backup vera$/);
  });
});

describe('what others may do', () => {
  const environment = '/etc/t3-serve/vera.env';
  const backups = '/var/backups/t3-state';
  const fleet = fleetOf(instanceOf('vera'));
  const commands = async (name: string, files: Parameters<typeof fakeFiles>[0], uid = 0) =>
    (await problems(pathsSubject.checks[name], diagnosingOf({ fleet, uid, host: hosting(files) }))).map(
      ({ verdict, remedy }) => `${verdict} ${remedy?.command}`,
    );
  const folder = { kind: 'directory' as const };

  it('with the host’s files', async () => {
    expect(await commands('environment files', { [environment]: {} })).toEqual([]);
    expect(await commands('environment files', { [environment]: { uid: 1000, mode: 0o640 } })).toEqual([
      `wrong chown root: ${environment}`,
      `wrong chmod go= ${environment}`,
    ]);
    const map = '/etc/ttyd-user-map';
    expect(
      await commands('user map', { [map]: { mode: 0o644 }, '/etc': { ...folder, mode: 0o755 } }),
    ).toEqual([]);
    expect(
      await commands('user map', { [map]: { mode: 0o644 }, '/etc': { ...folder, mode: 0o775 } }),
    ).toEqual(['wrong chmod go-w /etc']);
    expect(await commands('user map', { [map]: { kind: 'link' } })).toEqual(['wrong ']);
  });

  it('with backups, where chown may be trusted, and where it may not', async () => {
    const own = { ...folder, uid: 1000 };
    expect(await commands('backup folders', {})).toEqual([]);
    expect(await commands('backup folders', { [`${backups}/vera`]: own })).toEqual([]);
    expect(await commands('backup folders', { [`${backups}/vera`]: folder })).toEqual([
      `wrong chown vera: ${backups}/vera`,
    ]);
    // Below a user's folder, no command that root would run on a path of theirs.
    expect(
      await commands('backup folders', { [`${backups}/vera`]: own, [`${backups}/vera/cockpit`]: folder }),
    ).toEqual(['wrong ']);
  });

  it('with a user’s own files: what root left there, and what leads elsewhere', async () => {
    const own = { ...folder, uid: 1000 };
    const home = { '/home/vera': own, '/home/vera/.t3': own, '/home/vera/.t3/userdata': own };
    const database = '/home/vera/.t3/userdata/state.sqlite';
    expect(await commands('users’ files', { ...home, [database]: { uid: 1000 } })).toEqual([]);
    expect(
      await commands('users’ files', { ...home, [database]: { uid: 1000 }, [`${database}-wal`]: {} }),
    ).toEqual(['wrong ']);
    expect(
      await commands('users’ files', { ...home, '/home/vera/.t3': { kind: 'link', uid: 1000 } }),
    ).toEqual(['wrong ']);
    expect(await commands('users’ files', { '/home/vera': 'denied' }, 1001)).toEqual([
      expect.stringMatching(/^unknown sudo .* doctor$/),
    ]);
    expect(await commands('users’ files', { '/home/vera': { ...own, mode: 0o777 } })).toEqual([
      'wrong chmod go-w /home/vera',
    ]);
  });
});
