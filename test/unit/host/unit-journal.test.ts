import { describe, expect, it } from 'vitest';
import { parseRecord, systemdJournal } from '../../../src/host/unit-journal/systemd.ts';
import { FakeCommands } from '../../fakes/commands.ts';

const at = '1795630123510123';
const line = (fields: object) => JSON.stringify({ __REALTIME_TIMESTAMP: at, ...fields });

describe('a record of systemd’s journal', () => {
  it('is what PID 1 says of a unit', () => {
    const about = {
      UNIT: 't3-serve@emo.service',
      INVOCATION_ID: 'a1',
      _PID: '1',
      _SYSTEMD_UNIT: 'init.scope',
    };
    expect(parseRecord(line({ ...about, MESSAGE_ID: '39f53479d3a045ac8e11786248231fbf' }))).toEqual({
      at: 1795630123510,
      unit: 't3-serve@emo.service',
      kind: 'started',
      invocation: 'a1',
    });
    expect(parseRecord(line({ ...about, MESSAGE_ID: 'd9b373ed55a64feb8242e02dbe79a49c' }))?.kind).toBe(
      'failed',
    );
    expect(parseRecord(line({ ...about, MESSAGE: 'Consumed 3s CPU time.' }))).toBe(undefined);
  });

  it('is a line, fit to be shown, without what is secret', () => {
    const said = { _SYSTEMD_UNIT: 't3-watchdog.service', _SYSTEMD_INVOCATION_ID: 'b2' };
    expect(parseRecord(line({ ...said, MESSAGE: 'red \u001b[31malert\u001b[0m Token: ABCDEF' }))).toEqual({
      at: 1795630123510,
      unit: 't3-watchdog.service',
      kind: 'line',
      invocation: 'b2',
      text: 'red alert Token: [secret]',
    });
    // What is no text comes as bytes; what is too long as nothing.
    expect(parseRecord(line({ ...said, MESSAGE: [104, 105, 27, 91, 50, 74] }))?.text).toBe('hi');
    expect(parseRecord(line({ ...said, MESSAGE: null }))?.text).toBe('');
  });

  it.each(['', 'not json', '{"_SYSTEMD_UNIT":"x.service"}', '[]', '{"__REALTIME_TIMESTAMP":"soon"}'])(
    'is not %j',
    (text) => expect(parseRecord(text)).toBe(undefined),
  );
});

describe('reading it', () => {
  const read = (stdout: string, stderr = '') =>
    systemdJournal(new FakeCommands().expect(/^journalctl /, { stdout, stderr }), 1000).read(
      ['t3-watchdog.service'],
      { since: 0 },
      10,
    );

  it('counts one start a run: a job says so once more when it has ended', async () => {
    const about = { UNIT: 't3-watchdog.service', INVOCATION_ID: 'c3' };
    const records = await read(
      [
        line({ ...about, MESSAGE_ID: '7d4958e842da4a758f6c1cdc7b36dcc5' }),
        line({ ...about, MESSAGE_ID: '7ad2d189f7e94e70a38c781354912448' }),
        line({ ...about, MESSAGE_ID: '39f53479d3a045ac8e11786248231fbf' }),
      ].join('\n'),
    );
    expect(records.map(({ kind }) => kind)).toEqual(['started', 'ended']);
  });

  it('is a failure where one may not see it, and not "nothing happened"', async () => {
    await expect(
      read('', 'Hint: You are currently not seeing messages from other users and the system.\n'),
    ).rejects.toThrow(/not seeing messages/);
  });
});
