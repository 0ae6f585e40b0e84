import { describe, expect, it } from 'vitest';
import { recordParser } from '../../../src/host/unit-journal/entry.ts';
import { systemdJournal } from '../../../src/host/unit-journal/systemd.ts';
import { codeToScan } from '../../../src/text/printable.ts';
import { FakeCommands } from '../../fakes/commands.ts';

const at = '1795630123510123';
const line = (fields: object) => JSON.stringify({ __REALTIME_TIMESTAMP: at, ...fields });
const records = (...lines: string[]) => lines.flatMap(recordParser());
const texts = (...lines: string[]) => records(...lines).map(({ text }) => text);

describe('a record of systemd’s journal', () => {
  const about = { UNIT: 't3-serve@emo.service', INVOCATION_ID: 'a1', _PID: '1', _SYSTEMD_UNIT: 'init.scope' };
  const said = { _SYSTEMD_UNIT: 't3-watchdog.service', _SYSTEMD_INVOCATION_ID: 'b2', _PID: '77' };

  it('is what PID 1 says of a unit', () => {
    const kind = (MESSAGE_ID: string) => records(line({ ...about, MESSAGE_ID }))[0]?.kind;
    expect(
      records(line({ ...about, MESSAGE: 'Started it.', MESSAGE_ID: '39f53479d3a045ac8e11786248231fbf' })),
    ).toEqual([
      {
        at: 1795630123510,
        unit: 't3-serve@emo.service',
        kind: 'started',
        invocation: 'a1',
        text: 'Started it.',
      },
    ]);
    expect(kind('d9b373ed55a64feb8242e02dbe79a49c')).toBe('failed');
    expect(kind('fe6faa94e7774663a0da52717891d8ef')).toBe('out of memory');
    expect(kind('0')).toBe('said');
  });

  it('is not what a process says of another unit, in fields that anybody may set', () => {
    const forged = { ...said, UNIT: 't3-serve@emo.service', MESSAGE_ID: 'd9b373ed55a64feb8242e02dbe79a49c' };
    expect(records(line({ ...forged, MESSAGE: 'Failed.', SYSLOG_IDENTIFIER: 'systemd' }))).toMatchObject([
      { unit: 't3-watchdog.service', kind: 'line', text: 'Failed.' },
    ]);
  });

  it('is a line, fit to be shown, without what is secret', () => {
    expect(records(line({ ...said, MESSAGE: 'red \u001b[31malert\u001b[0m Token: ABCDEF' }))).toEqual([
      {
        at: 1795630123510,
        unit: 't3-watchdog.service',
        kind: 'line',
        invocation: 'b2',
        text: 'red alert Token: [secret]',
      },
    ]);
    const code = line({ ...said, MESSAGE: '█▀▀▀▀▀█ ▄▀█▄▀' });
    expect(texts(code, code, line({ ...said, MESSAGE: 'x' }))).toEqual([codeToScan, 'x']);
  });

  it('may be bytes, several lines, several values, too long, or none', () => {
    expect(texts(line({ ...said, MESSAGE: [104, 105, 27, 91, 50, 74] }))).toEqual(['hi']);
    expect(texts(line({ ...said, MESSAGE: 'a\nb' }))).toEqual(['a', 'b']);
    expect(texts(line({ ...about, MESSAGE: 'a\nb' }))).toEqual(['a b']);
    expect(texts(line({ ...said, MESSAGE: ['a', 'b'] }))).toEqual(['a b']);
    expect(texts(line({ ...said, MESSAGE: null }))).toEqual(['[a line of more than 4 kB]']);
    expect(texts(line(said))).toEqual(['']);
  });

  it.each([
    '',
    '-- No entries --',
    'null',
    '{"_SYSTEMD_UNIT":"x.service"}',
    '[]',
    '{"__REALTIME_TIMESTAMP":"soon"}',
  ])('is not %j', (text) => expect(records(text)).toEqual([]));
});

describe('reading it', () => {
  const units = ['t3-watchdog.service', 't3-serve@emo.service'];
  // Of a server only what is said of it: its own lines, however many, are not even read.
  const asked =
    /^journalctl .* _SYSTEMD_UNIT=t3-watchdog\.service \+ _PID=1 UNIT=t3-watchdog\.service UNIT=t3-serve@emo\.service --since=@0 --lines=10$/;
  const read = (stdout: string, stderr = '') =>
    systemdJournal(new FakeCommands().expect(asked, { stdout, stderr }), 1000).read(
      units,
      units.slice(0, 1),
      { since: 0 },
      10,
    );

  it('counts one start a run: a job says so once more when it has ended', async () => {
    const about = { UNIT: 't3-watchdog.service', INVOCATION_ID: 'c3', _PID: '1' };
    const found = await read(
      [
        line({ ...about, MESSAGE_ID: '7d4958e842da4a758f6c1cdc7b36dcc5' }),
        line({ ...about, MESSAGE: 'Consumed 3s CPU time.' }),
        line({ ...about, MESSAGE_ID: '7ad2d189f7e94e70a38c781354912448' }),
        line({ ...about, MESSAGE_ID: '39f53479d3a045ac8e11786248231fbf' }),
      ].join('\n'),
    );
    expect(found.map(({ kind }) => kind)).toEqual(['started', 'ended']);
  });

  it('is a failure where one may not see it, and not "nothing happened"', async () => {
    await expect(
      read('', 'Hint: You are currently not seeing messages from other users and the system.\n'),
    ).rejects.toThrow(/not seeing messages/);
  });
});
