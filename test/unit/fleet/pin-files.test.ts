import { renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { observePins, type RememberedPins } from '../../../src/fleet/collect/pins.ts';
import { valueOf } from '../../../src/fleet/observation.ts';
import { pinText } from '../../../src/fleet/pins.ts';
import { serve } from '../../../src/fleet/reader/serve.ts';
import type { Task } from '../../../src/fleet/reader/protocol.ts';
import type { CommandOptions } from '../../../src/host/commands.ts';
import { fakeAccounts, fakeHost } from '../../fakes/host.ts';
import { scratch } from '../../scratch.ts';

/** When the pin files are read, and when a look from outside will do. */

const { config } = loadConfig({ environment: {}, set: ['host.administrator=ada'] });
const host = fakeHost({ accounts: fakeAccounts('ada') });

let file: string;
let copy: string;
let remembered: RememberedPins;
beforeEach(() => {
  const root = scratch();
  [file, copy] = [path.join(root, 'pin.sh'), path.join(root, 'copy.sh')];
  config.pins = [
    { file, variable: 'T3_PIN', copy: false },
    { file: copy, variable: 'T3_PIN', copy: true },
  ];
  remembered = {};
});

/** Each at a time of its own, and long ago: nobody has to wait until a file has settled. */
let writes = 0;
function write(target: string, version: string): void {
  writeFileSync(target, `T3_PIN="\${T3_PIN:-${version}}"\n`);
  writes += 1;
  utimesSync(target, 1000 + writes, 1000 + writes);
}

/** What a reader really answers, in this process. */
const reader = ({ input = '[]' }: CommandOptions) => ({
  stdout: JSON.stringify({ answers: serve(JSON.parse(input) as Task[]), cpu: 1 }),
});

/** @param reads Whether a reader is to be started for it. */
async function pinned(reads: 'read' | 'not read') {
  if (reads === 'read') host.commands.expect(/reader/, reader);
  const seen = await observePins({ host, config }, {}, remembered);
  host.commands.done();
  const agreed = valueOf(seen)?.agreed;
  return agreed && pinText(agreed);
}

describe('the pin files', () => {
  it('are read once, and again when one of them is written, replaced, or comes to be there', async () => {
    write(file, '0.0.24');
    expect(await pinned('read')).toBe('0.0.24');
    expect(await pinned('not read')).toBe('0.0.24');
    write(file, '0.0.25');
    expect(await pinned('read')).toBe('0.0.25');
    write(copy, '0.0.26');
    expect(await pinned('read')).toBeUndefined();
    write(`${file}.new`, '0.0.26');
    renameSync(`${file}.new`, file);
    expect(await pinned('read')).toBe('0.0.26');
    expect(await pinned('not read')).toBe('0.0.26');
    rmSync(copy);
    expect(await pinned('read')).toBe('0.0.26');
  });

  it('are looked at each time: what is said anew was just checked', async () => {
    write(file, '0.0.24');
    await pinned('read');
    host.clock.advance(60_000);
    expect(await observePins({ host, config }, {}, remembered)).toMatchObject({
      kind: 'known',
      at: { tick: host.clock.tick },
    });
  });

  it('are read each time while one cannot be read, or says nothing that can be understood', async () => {
    expect(await pinned('read')).toBeUndefined();
    expect(await pinned('read')).toBeUndefined();
    write(file, 'no version');
    expect(await pinned('read')).toBeUndefined();
    expect(await pinned('read')).toBeUndefined();
    write(file, '0.0.24');
    expect(await pinned('read')).toBe('0.0.24');
    expect(await pinned('not read')).toBe('0.0.24');
  });

  it('are read each time where one is a link: what it leads to may change without it', async () => {
    write(`${file}.there`, '0.0.24');
    symlinkSync(`${file}.there`, file);
    expect(await pinned('read')).toBeUndefined();
    expect(await pinned('read')).toBeUndefined();
  });

  it('are read again while they have been written just now', async () => {
    write(file, '0.0.24');
    utimesSync(file, host.clock.wall / 1000, host.clock.wall / 1000);
    expect(await pinned('read')).toBe('0.0.24');
    expect(await pinned('read')).toBe('0.0.24');
    host.clock.advance(2000);
    expect(await pinned('read')).toBe('0.0.24');
    expect(await pinned('not read')).toBe('0.0.24');
  });
});
