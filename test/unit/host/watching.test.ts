import {
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemWatch, type Watch } from '../../../src/host/watch.ts';
import { scratch } from '../../scratch.ts';
import { until } from '../../sandbox/sandbox.ts';

/** What is told of files and folders, however they come, go and are replaced; and what that may cost. */

/** The limit that the cockpit's screen is held to, milliseconds. */
const limit = 1000;

let root: string;
let told: string[];
let watch: Watch;
beforeEach(() => {
  root = scratch();
  told = [];
  watch = systemWatch((changed) => told.push(path.relative(root, changed)));
});
afterEach(() => watch.close());

const at = (name: string) => path.join(root, name);

/** Watch these, which is told once of each. */
async function follow(...names: string[]): Promise<void> {
  watch.set(names.map(at));
  await until('all of them are watched', () =>
    names.every((name) => told.includes(name)) ? true : undefined,
  );
  told = [];
}

/** Do it, and see that it is told of this path in time. */
async function tells(name: string, act: () => unknown): Promise<void> {
  told = [];
  act();
  await until(`${name} is told`, () => (told.includes(name) ? true : undefined), limit);
}

/** Another watch that is set, and told of a change, from now on: what was to be told of the first one was told before. */
async function another(): Promise<void> {
  let count = 0;
  const other = systemWatch(() => (count += 1));
  other.set([at('other')]);
  await until('it is watched', () => (count > 0 ? true : undefined));
  writeFileSync(at('other'), '');
  await until('it is told', () => (count > 1 ? true : undefined));
  await other.close();
}

/** How many folders this process watches (proc_pid_fdinfo(5)). */
function watched(): number {
  return readdirSync('/proc/self/fdinfo')
    .map((descriptor) => {
      try {
        return readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8');
      } catch {
        // The descriptor of the listing itself is closed by now.
        return '';
      }
    })
    .reduce((count, text) => count + (text.match(/^inotify wd:/gm)?.length ?? 0), 0);
}

describe('a watched file', () => {
  it('may be written, replaced by rename, removed, and come again', async () => {
    writeFileSync(at('map'), 'a');
    await follow('map');
    await tells('map', () => writeFileSync(at('map'), 'b'));
    for (const text of ['c', 'd']) {
      await tells('map', () => {
        writeFileSync(at('map.new'), text);
        renameSync(at('map.new'), at('map'));
      });
    }
    await tells('map', () => rmSync(at('map')));
    await tells('map', () => writeFileSync(at('map'), 'e'));
    await tells('map', () => writeFileSync(at('map'), 'f'));
  });

  it('may lie in folders that are not there yet, go, and come again', async () => {
    await follow('var/lib/owed/bob');
    for (const round of [1, 2]) {
      await tells('var/lib/owed/bob', () => mkdirSync(at('var/lib'), { recursive: true }));
      await tells('var/lib/owed/bob', () => mkdirSync(at('var/lib/owed')));
      await tells('var/lib/owed/bob', () => writeFileSync(at('var/lib/owed/bob'), `${round}`));
      await tells('var/lib/owed/bob', () => writeFileSync(at('var/lib/owed/bob'), `${round}.`));
      await tells('var/lib/owed/bob', () => rmSync(at('var'), { recursive: true }));
    }
  });

  it('may lie in a folder that is replaced by another one', async () => {
    mkdirSync(at('owed'));
    await follow('owed/bob');
    await tells('owed/bob', () => {
      renameSync(at('owed'), at('owed.old'));
      mkdirSync(at('owed'));
    });
    await tells('owed/bob', () => writeFileSync(at('owed/bob'), '1'));
    told = [];
    writeFileSync(at('owed.old/bob'), 'nobody’s any more');
    await tells('owed/bob', () => writeFileSync(at('owed/bob'), '2'));
  });
});

describe('a watched folder', () => {
  it('may come later, go, and come again: what happens in it is told', async () => {
    mkdirSync(at('bob'));
    await follow('bob', 'bob/cockpit');
    for (const round of [1, 2]) {
      await tells('bob/cockpit', () => mkdirSync(at('bob/cockpit')));
      await tells('bob/cockpit', () => writeFileSync(at('bob/cockpit/a'), ''));
      await tells('bob/cockpit', () => writeFileSync(at('bob/cockpit/a'), `${round}`));
      await tells('bob', () => rmSync(at('bob/cockpit'), { recursive: true }));
    }
  });

  it('that is a link, or becomes one, is not followed', async () => {
    mkdirSync(at('bob/cockpit'), { recursive: true });
    mkdirSync(at('elsewhere'));
    symlinkSync(at('elsewhere'), at('link'));
    await follow('bob/cockpit', 'link');
    await tells('bob/cockpit', () => {
      rmSync(at('bob/cockpit'), { recursive: true });
      symlinkSync(at('elsewhere'), at('bob/cockpit'));
    });
    told = [];
    writeFileSync(at('elsewhere/a'), '');
    await another();
    expect(told).toEqual([]);
    await tells('bob/cockpit', () => unlinkSync(at('bob/cockpit')));
  });

  it('costs one watch, however many files are in it', async () => {
    mkdirSync(at('full'));
    for (let index = 0; index < 5000; index += 1) writeFileSync(at(`full/${index}`), '');
    const before = watched();
    await follow('full');
    // Itself, and the folder that it is in.
    expect(watched() - before).toBe(2);
    await tells('full', () => writeFileSync(at('full/4999'), 'changed'));
  });
});

describe('many changes', () => {
  it('of one moment are told once', async () => {
    mkdirSync(at('bob'));
    await follow('bob');
    for (let index = 0; index < 50; index += 1) writeFileSync(at(`bob/${index}`), '');
    await until('it is told', () => (told.length > 0 ? true : undefined));
    expect(told).toEqual(['bob']);
  });

  it('without end are not listened to without end; what comes after them is told', async () => {
    mkdirSync(at('bob'));
    await follow('bob');
    const before = watched();
    const storm = performance.now();
    let writes = 0;
    await until('it was enough', () => {
      for (let round = 0; round < 50; round += 1) writeFileSync(at(`bob/${(writes += 1) % 7}`), `${writes}`);
      return watched() < before ? true : undefined;
    });
    await until('it is watched again', () => (watched() === before ? true : undefined));
    expect(told.length).toBeLessThan((performance.now() - storm) / 100 + 2);
    await tells('bob', () => writeFileSync(at('bob/after'), ''));
  });
});

describe('what is not wanted any more', () => {
  it('is not told, and leaves no watch behind', async () => {
    const before = watched();
    for (let round = 0; round < 20; round += 1) {
      const names = Array.from({ length: 20 }, (_, index) => `u${round}-${index}`);
      for (const name of names) mkdirSync(at(name));
      watch.set(names.flatMap((name) => [at(name), at(`${name}/cockpit`), at(`${name}.env`)]));
    }
    await until('the last ones are watched', () => (told.includes('u19-19') ? true : undefined));
    watch.set([]);
    await until('nothing is watched', () => (watched() === before ? true : undefined));
  });

  it('cannot be asked for after the end', async () => {
    const before = watched();
    await follow('map');
    await watch.close();
    watch.set([at('map'), at('table')]);
    await another();
    expect(watched()).toBe(before);
  });
});
