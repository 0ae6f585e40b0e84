import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Bumping } from '../sandbox/bumping.ts';
import { work } from '../sandbox/databases.ts';
import { Terminal } from './terminal.ts';

/** A version brought to everybody by keys: one that fails, and everybody is back; and one that is good. */

let on: Bumping;
const open: Terminal[] = [];
beforeAll(async () => {
  on = await Bumping.create(3);
});
afterEach(() => {
  for (const terminal of open.splice(0)) terminal.dispose();
});
afterAll(() => on.destroy());

function cockpit(): Terminal {
  const quick = ['gate.watch=100ms', 'bump.soak=600ms', 'busy.quiet=0s'].flatMap((each) => ['--set', each]);
  const terminal = new Terminal(['--config', on.sandbox.config, ...quick], { columns: 130, rows: 40 });
  open.push(terminal);
  return terminal;
}

/** From the fleet to the plan of a bump to this version, as the picker has it so many rows above the latest one. */
async function planned(terminal: Terminal, version: string, above: number): Promise<void> {
  await terminal.until(
    'the fleet',
    (text) => /alice .*0\.0\.24/.test(text) && /installed 0\.0\.24/.test(text),
  );
  terminal.press('u');
  await terminal.until('the versions', (text) => /› 0\.0\.27 +32 +latest/.test(text));
  for (let step = 0; step < above; step += 1) {
    const line = selected(terminal.text());
    terminal.press('k');
    await terminal.until('the row above', (text) => selected(text) !== line);
  }
  expect(selected(terminal.text())).toContain(` ${version} `);
  terminal.press('\r');
  await terminal.until('the plan', (text) => text.includes(`Type ${version} to go on`));
}

const selected = (text: string) => text.split('\n').find((line) => line.includes('›')) ?? '';

describe('a bump by keys', () => {
  it('to a version that fails for a user: everybody is back, and the freeze says why until it is lifted', async () => {
    const restore = on.setEnvironment('alice', 'T3_STAND_IN_REFUSES=1');
    const before = await on.standing();
    const terminal = cockpit();
    await planned(terminal, '0.0.31', 4);
    // The way on is never where the way in was.
    terminal.press('\r');
    await terminal.until('that enter alone does nothing', (text) => text.includes('type 0.0.31, then enter'));
    expect(on.sandbox.newestOperation()).toBe(0);
    await terminal.type('0.0.31');
    terminal.press('\r');
    await terminal.until('its end', (text) => /bump: rolled back/.test(text), 120_000);
    await terminal.until('the freeze', (text) => text.includes('FROZEN'));
    restore();
    expect(readFileSync(on.at('etc/t3-autoupdate.freeze'), 'utf8')).toMatch(/bump to 0\.0\.31 failed/);
    const after = await on.standing();
    expect({ ...after, frozen: false }).toEqual(before);

    terminal.press('f');
    await terminal.until('the plan', (text) => /Type \w+ to go on/.test(text));
    await terminal.type(/Type (\w+) to go on/.exec(terminal.text())?.[1] ?? '');
    terminal.press('\r');
    await terminal.until(
      'that it is lifted',
      (text) => !text.includes('FROZEN') && /freeze: succeeded/.test(text),
    );
    expect((await on.standing()).frozen).toBe(false);
  });

  it('to a good one: who is idle has it, who is at work is owed it, and the screen says both', async () => {
    const terminal = cockpit();
    await planned(terminal, '0.0.27', 0);
    await terminal.type('0.0.27');
    terminal.press('\r');
    await terminal.until('it runs', (text) => /bump: running/.test(text));
    await terminal.until('its end', (text) => /bump: succeeded/.test(text), 120_000);
    const grid = await terminal.until(
      'who has it',
      (text) => /installed 0\.0\.27/.test(text) && /^. . alice .* 0\.0\.27 +32 /m.test(text),
    );
    expect(grid).toMatch(/^. . bob .* 0\.0\.24 ≠ +30 /m);
    expect(grid).toMatch(/a restart is owed to bob: drain does it when they are idle/);
    expect(await on.runs('alice')).toBe('0.0.27');
    expect(await on.runs('bob')).toBe('0.0.24');
  });

  it('and back again: what each would give up is seen, and the version typed', async () => {
    work(on.sandbox.database('alice'), 'since-then');
    const terminal = cockpit();
    await terminal.until(
      'the fleet',
      (text) => /alice .*0\.0\.27/.test(text) && /installed 0\.0\.27/.test(text),
    );
    terminal.press('R');
    const plan = await terminal.until('the plan', (text) => text.includes('Type 0.0.24 to go on'));
    expect(plan).toMatch(/alice +0\.0\.27 → 0\.0\.24 +32 → 30 .*gives up 1 threads, 2 messages/);
    await terminal.type('0.0.24');
    terminal.press('\r');
    await terminal.until('its end', (text) => /rollback: succeeded/.test(text), 120_000);
    await terminal.until(
      'the freeze',
      (text) => text.includes('FROZEN') && /alice .* 0\.0\.24 +30 /.test(text),
    );
    expect(await on.runs('alice')).toBe('0.0.24');
  });
});
