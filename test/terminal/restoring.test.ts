import { execFileSync } from 'node:child_process';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { supervisorUnits, type Supervisor } from '../../src/host/units/supervisor.ts';
import { addMessage, dumpWork } from '../sandbox/databases.ts';
import { TestSandbox } from '../sandbox/sandbox.ts';
import { Terminal, doorPath, type TerminalOptions } from './terminal.ts';

/** Restoring, undoing and restarting by keys; what must not confirm anything; and the instance that hosts the cockpit. */

let sandbox: TestSandbox;
let supervisor: Supervisor;
let snapshot: string;
const open: Terminal[] = [];
const cockpit = (options: TerminalOptions = { columns: 120, rows: 40 }) => {
  const terminal = new Terminal(['--config', sandbox.config], options);
  open.push(terminal);
  return terminal;
};
beforeAll(async () => {
  sandbox = await TestSandbox.create({ users: 4 });
  supervisor = supervisorUnits(sandbox.root, 30_000);
  for (const user of ['alice', 'dave']) expect((await sandbox.run('backup', user)).exitCode).toBe(0);
  const file = sandbox.filesOf('alice').find((name) => name.endsWith('.sqlite'));
  snapshot = `${sandbox.snapshots('alice')}/${file ?? ''}`;
});
afterEach(() => {
  for (const terminal of open.splice(0)) terminal.dispose();
});
afterAll(async () => {
  await supervisor.close();
  await sandbox.destroy();
});

/** Everything is known of everyone. */
const complete = (text: string) => (text.match(/^. . (alice|bob|dave) .*\d+[smhd] /gm) ?? []).length === 3;

/** From the fleet to the plan of a restore of alice’s newest snapshot of ours. */
async function planned(terminal: Terminal): Promise<void> {
  await terminal.until('the fleet', complete);
  terminal.press('r');
  await terminal.until(
    'the snapshots',
    (text) => /choose a snapshot/.test(text) && /now +\d+ threads/.test(text),
  );
  terminal.press('\r');
  await terminal.until('the plan', (text) => text.includes('Type alice to go on'));
}

describe('restore', () => {
  it('is chosen, seen, typed, watched and known to have worked; and undone from the list of operations', async () => {
    addMessage(sandbox.database('alice'), 'one more');
    const before = dumpWork(sandbox.database('alice'));
    const terminal = cockpit();
    await terminal.until('the fleet', complete);
    terminal.press('r');
    const picker = await terminal.until('alice against now', (text) => text.includes('-1 msg'));
    expect(picker).toMatch(/› +\d+[smh] .* manual +0\.0\.24 +30 .* verified/);
    expect(picker).toMatch(/holds \d+ threads, \d+ messages/);
    terminal.press('\r');
    const plan = await terminal.until('the plan', (text) => text.includes('Type alice to go on'));
    expect(plan).toContain('the state database of alice is replaced');
    expect(plan).toMatch(/messages (\d+) → \d+/);
    await terminal.type('alice');
    expect(terminal.text()).toContain('enter does it');
    terminal.press('\r');
    await terminal.until('its steps', (text) => /operation \d+: restore: running/.test(text));
    await terminal.until('its end', (text) => /operation \d+: restore: succeeded/.test(text));
    expect(terminal.text()).toMatch(/✓ alice +keep what is there, and replace it/);
    expect(dumpWork(sandbox.database('alice'))).toBe(dumpWork(snapshot));

    terminal.press('o');
    await terminal.until('the list', (text) => /› +\d+ {2}restore .*succeeded/.test(text));
    terminal.press('u');
    await terminal.until('the plan of the undo', (text) => text.includes('Type alice to go on'));
    expect(terminal.text()).toMatch(/undoes operation \d+/);
    await terminal.type('alice');
    terminal.press('\r');
    await terminal.until('its end', (text) => /operation \d+: undo: succeeded/.test(text));
    expect(dumpWork(sandbox.database('alice'))).toBe(before);
  });

  it.each([
    ['a held Enter', '\r'.repeat(60)],
    ['the acting key, held', 'r'.repeat(60)],
    ['the word and Enter in one piece', 'alice\r'],
    ['the word again and again, as one piece', 'alice\ralice\ralice\r'],
    ['a paste', '\u001b[200~alice\r\u001b[201~'],
    ['a paste, and a held Enter', `\u001b[200~alice\u001b[201~${'\r'.repeat(30)}`],
  ])('is not confirmed by %s', async (_, keys) => {
    const before = sandbox.newestOperation();
    const terminal = cockpit();
    await planned(terminal);
    terminal.press(keys);
    // A key that does something visible tells that all before it have been read.
    await terminal.until('all of it read, and the plan still there', (text) =>
      /one key at a time|confirms nothing|type alice, then enter|that is not it/.test(text),
    );
    terminal.press('\u001b');
    await terminal.until('the fleet again', complete);
    expect(sandbox.newestOperation()).toBe(before);
  });

  it.each([
    [80, 24],
    [120, 40],
    [200, 60],
  ])('fits into %i columns and %i rows', async (columns, rows) => {
    const terminal = cockpit({ columns, rows });
    await planned(terminal);
    const lines = terminal.screen();
    expect(lines.filter((line) => line.includes('not included:'))).toHaveLength(1);
    const asked = lines.findIndex((line) => line.includes('Type alice to go on'));
    expect(lines[asked + 1]).toMatch(/escape back/);
    expect(lines.slice(asked + 2).filter((line) => line.trim() !== '')).toEqual([]);
  });
});

const tmux = (() => {
  try {
    execFileSync('tmux', ['-V'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

describe.runIf(tmux)('the cockpit opened inside alice’s instance', () => {
  it('refuses to restart her, says why, and restarts dave', async () => {
    const socket = await supervisor.terminal('t3-serve@alice.service');
    const terminal = new Terminal(['-S', socket, 'attach'], {
      columns: 110,
      rows: 40,
      command: ['tmux'],
    });
    open.push(terminal);
    await terminal.until('its shell', (text) => /[$#] *$/m.test(text));
    terminal.press(`${process.execPath} ${doorPath}\r`);
    await terminal.until('the mark', (text) => /alice .*hosting/.test(text) && complete(text));
    terminal.press('s');
    const refused = await terminal.until('the refusal', (text) => text.includes('not possible'));
    expect(refused).toMatch(/alice: it hosts this session \(this cockpit was started from it\)/);
    expect(refused.replaceAll(/\s+/g, ' ')).toContain('open the cockpit from another terminal (ttyd, ssh)');
    terminal.press('\u001b');
    await terminal.until('the fleet again', complete);

    const mainPid = async () =>
      (await supervisor.show(['t3-serve@alice.service'])).get('t3-serve@alice.service')?.mainPid;
    const before = await mainPid();
    expect(before).toBeGreaterThan(1);
    for (const _ of ['bob', 'carol', 'dave']) terminal.press('j');
    await terminal.until('dave selected', (text) => /^› . dave/m.test(text));
    terminal.press('s');
    await terminal.until('the plan', (text) => text.includes('Type yes to go on'));
    await terminal.type('yes');
    terminal.press('\r');
    await terminal.until('its end', (text) => /operation \d+: restart: succeeded/.test(text));
    expect(await mainPid()).toBe(before);
    // The guard is not in the keymap: no command gets round it either, from in there.
    terminal.press('q');
    await terminal.until('its shell', (text) => /[$#] *$/m.test(text) && !text.includes('hosting'));
    terminal.press(`${process.execPath} ${doorPath} restart alice --yes; echo "code $?"\r`);
    const said = await terminal.until('the answer', (text) => /^code \d+/m.test(text));
    expect(said).toMatch(/^code 3/m);
    expect(said.replaceAll('\n', '')).toContain('hosts this session');
  });
});
