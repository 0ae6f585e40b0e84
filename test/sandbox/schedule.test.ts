import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openJournal } from '../../src/journal/journal.ts';
import { takeUpSchedule } from '../../src/journal/schedules.ts';
import { Bumping, unitOf } from './bumping.ts';
import { beginTurn } from './databases.ts';
import { until, type Run } from './sandbox.ts';

/** Agreed to in the evening, done at night, told in the morning; without waiting for either. */

let on: Bumping;
beforeAll(async () => {
  on = await Bumping.create(2);
});
afterAll(() => on.destroy());

interface Scheduled {
  schedule: { id: number; begins: string; ends: string };
  units: { argv: string[]; timer: { text: string } };
}

const schedule = (...args: string[]) =>
  on.sandbox.json<Scheduled>('--set', 'gate.watch=100ms', '--yes', 'schedule', ...args);

/** What the timer's service would do, by its own command line; whatever the time. */
async function runUnit({ units }: Scheduled, ...flags: string[]): Promise<Run> {
  const [file = '', ...args] = units.argv;
  const at = args.indexOf('schedule');
  const settings = ['bump.soak=300ms', 'gate.watch=100ms', 'schedule.drainEvery=500ms'];
  const result = await execa(
    file,
    [...args.slice(0, at), ...settings.flatMap((each) => ['--set', each]), ...args.slice(at), ...flags],
    { reject: false, stdin: 'ignore' },
  );
  return { exitCode: result.exitCode ?? -1, stdout: result.stdout, stderr: result.stderr };
}

const listed = async (id: number) => {
  const { schedules } = await on.sandbox.json<{
    schedules: { id: number; state: string; outcome: string; reason: string; operations: number[] }[];
  }>('schedule');
  return schedules.find((each) => each.id === id);
};

describe('a schedule', () => {
  it.each<[string[], RegExp]>([
    [['backup'], /say when: --at/],
    [['backup', '--at', 'tonight'], /expected a time/],
    [['backup', '--at', '02:00', '--window', '02:00-03:00'], /say when/],
    [['backup', 'nobody', '--at', '02:00'], /no user nobody/],
    [['cancel', '99'], /there is no schedule 99/],
  ])('of %j is none', async (args, words) => {
    const done = await on.sandbox.run('schedule', ...args);
    expect(done.exitCode, done.stdout).toBe(2);
    expect(done.stderr).toMatch(words);
  });

  it('is refused where nothing may be changed, or systemd is not there', async () => {
    const refused = await on.sandbox.run('--read-only', 'schedule', 'backup', '--at', '02:00');
    expect([refused.exitCode, refused.stderr]).toEqual([3, expect.stringMatching(/read-only/)]);
    const install = await on.sandbox.run('schedule', 'backup', '--at', '02:00', '--install');
    expect([install.exitCode, install.stderr]).toEqual([3, expect.stringMatching(/no systemd/)]);
    expect(await listed(1)).toBe(undefined);
  });

  it('of a backup is printed, waits for its time, and is done once', async () => {
    const made = await schedule('backup', 'alice', '--at', '02:30');
    expect(made.units.timer.text).toMatch(/^OnCalendar=\d{4}-\d\d-\d\d 02:30:00$/m);
    const early = await runUnit(made);
    expect([early.exitCode, early.stderr]).toEqual([3, expect.stringMatching(/is for .* 02:30:00; .*--now/)]);
    const before = on.sandbox.snapshotsOf('alice').length;
    const done = await runUnit(made, '--now');
    expect(done.exitCode, done.stderr).toBe(0);
    expect(on.sandbox.snapshotsOf('alice')).toHaveLength(before + 1);
    const again = await runUnit(made, '--now');
    expect([again.exitCode, again.stderr]).toEqual([
      3,
      expect.stringMatching(/succeeded .*: it is run once/),
    ]);
    expect((await listed(made.schedule.id))?.operations).toHaveLength(1);
  });

  it('that was cancelled is not done', async () => {
    const made = await schedule('backup', '--window', '02:00-05:00');
    const { id } = made.schedule;
    // A dry run of it changes nothing, and then it is cancelled.
    expect(await on.sandbox.json('--dry-run', 'schedule', 'cancel', String(id))).toMatchObject({
      schedule: { id, cancelled: false },
    });
    expect((await listed(id))?.state).toBe('waiting');
    expect((await on.sandbox.run('schedule', 'cancel', String(id))).exitCode).toBe(0);
    const done = await runUnit(made, '--now');
    expect([done.exitCode, done.stderr]).toEqual([3, expect.stringMatching(/cancelled/)]);
    expect((await on.sandbox.run('schedule', 'cancel', String(id))).exitCode).toBe(3);
  });
});

describe('a schedule whose run was killed', () => {
  it('has failed as soon as systemd says that it has ended; one that has said so itself is left alone', async () => {
    const made = await schedule('backup', '--at', '02:00');
    const settle = () =>
      execa(
        made.units.argv[0] ?? '',
        made.units.argv.slice(1).map((word) => (word === 'run' ? 'settle' : word)),
        { reject: false, stdin: 'ignore', env: { SERVICE_RESULT: 'signal' } },
      );
    expect((await settle()).exitCode).toBe(0);
    expect(await listed(made.schedule.id)).toMatchObject({ state: 'waiting' });
    // As it is from when it is taken up until it has written down how it ended.
    const journal = openJournal(on.sandbox.loaded().paths.state);
    takeUpSchedule(journal, made.schedule.id);
    journal.close();
    expect((await settle()).exitCode).toBe(1);
    const reason = 'schedule run was cut off (signal); it had started nothing';
    const ended = { state: 'ended', outcome: 'failed', reason };
    expect(await listed(made.schedule.id)).toMatchObject(ended);
    expect((await settle()).exitCode).toBe(0);
    expect(await listed(made.schedule.id)).toMatchObject(ended);
  });
});

describe('a scheduled bump', () => {
  it('wants a yes', async () => {
    const done = await on.sandbox.run(
      '--set',
      'gate.watch=100ms',
      'schedule',
      'bump',
      '0.0.27',
      '--at',
      '02:00',
    );
    expect(done.exitCode).toBe(3);
    expect(done.stderr).toMatch(/--yes/);
    // But it was judged by now.
    expect(done.stdout).toMatch(/operation \d+: succeeded/);
  });

  it('is refused when the host is not what was agreed to', async () => {
    const before = await on.standing();
    const made = await schedule('bump', 'latest', '--window', '02:00-05:00');
    const [file = ''] = on.pinFiles;
    const text = readFileSync(file, 'utf8');
    writeFileSync(on.at('package-source.json'), JSON.stringify({ altered: ['0.0.27'] }));
    for (const each of on.pinFiles) writeFileSync(each, text.replace('0.0.24', '0.0.23'));
    const done = await runUnit(made, '--now');
    rmSync(on.at('package-source.json'));
    for (const each of on.pinFiles) writeFileSync(each, text);
    expect(done.exitCode, done.stdout + done.stderr).toBe(3);
    const words =
      /not what was agreed to: what is pinned is 0\.0\.23, 0\.0\.23, 0\.0\.23 now, and was 0\.0\.24, .*; the package source has other bits for 0\.0\.27 than were judged; nothing was done/;
    expect(done.stderr).toMatch(words);
    expect(await listed(made.schedule.id)).toMatchObject({
      outcome: 'refused',
      reason: expect.stringMatching(words),
      operations: [],
    });
    expect(await on.standing()).toEqual(before);
  });

  it('is refused while versions are frozen, and says so in the morning', async () => {
    expect((await on.sandbox.run('happened', '--seen')).exitCode).toBe(0);
    const made = await schedule('bump', '0.0.27', '--at', '02:00');
    writeFileSync(on.at('etc/t3-autoupdate.freeze'), 'holiday\n');
    const done = await runUnit(made, '--now');
    expect([done.exitCode, done.stderr]).toEqual([3, expect.stringMatching(/versions are frozen: holiday/)]);
    rmSync(on.at('etc/t3-autoupdate.freeze'));
    const { stdout } = await on.sandbox.run('status');
    expect(stdout).toMatch(
      /^since .*: schedule \d+, bump to 0\.0\.27: refused \(versions are frozen: holiday/m,
    );
  });

  it('moves everybody, and whoever was busy as soon as they are idle, within the window', async () => {
    await on.supervisor.stop(unitOf('bob'));
    const file = on.at('etc/t3-serve/bob.env');
    writeFileSync(file, readFileSync(file, 'utf8').replace('T3_STAND_IN_ACTIVITY=busy\n', ''));
    await on.supervisor.start(unitOf('bob'));
    await on.runs('bob');
    // Nobody has worked for a while, but for a turn of alice's.
    const end = beginTurn(on.sandbox.database('alice'));
    const made = await schedule('bump', '0.0.27', '--window', '02:00-05:00', '--set', 'busy.quiet=0s');
    const night = runUnit(made, '--now', '--set', 'busy.quiet=0s');
    await until('bob was moved, and alice put off', async () =>
      existsSync(on.at('var/lib/t3-autoupdate/deferred/alice')) && (await on.runs('bob')) === '0.0.27'
        ? true
        : undefined,
    );
    end();
    const done = await night;
    expect(done.exitCode, done.stdout + done.stderr).toBe(0);
    expect(await on.runs('alice')).toBe('0.0.27');
    const record = await listed(made.schedule.id);
    expect(record).toMatchObject({ outcome: 'succeeded', reason: 'everybody was moved' });
    expect(record?.operations).toHaveLength(2);
    expect((await on.sandbox.run('happened')).stdout).toMatch(
      /schedule \d+, bump to 0\.0\.27: succeeded \(everybody was moved\)/,
    );
  });
});
