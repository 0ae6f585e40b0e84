import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { bundle } from '../scripts/build.ts';
import { Terminal } from '../test/terminal/terminal.ts';
import { keys, single, timed, type Figure } from './figures.ts';
import { keyTime } from './key-to-frame.ts';
import { cpuOf, memoryOf } from './process-figures.ts';

const users = 1000;
const presses = 40;

/** For how long every row changes each second, milliseconds. */
const spell = 20_000;

/** Where a bundled program finds better-sqlite3 beside it. */
const programs = path.resolve(import.meta.dirname, '../node_modules/.cache/t3-cockpit-bench');

/** A thousand users on one screen (a simulation: recorded facts): keys to their frames, and what changing rows cost. */
export async function thousand(): Promise<Figure[]> {
  await bundle(['bench/face.tsx'], programs);
  return [...(await pressing()), ...(await changing())];
}

const open = () =>
  new Terminal(['--enable-source-maps', path.join(programs, 'face.js'), String(users)], {
    command: [process.execPath],
    columns: 200,
    rows: 60,
    environment: { FORCE_COLOR: '3' },
  });

async function pressing(): Promise<Figure[]> {
  const terminal = open();
  try {
    await terminal.until('everybody', (text) => /› ● user0 /.test(text) && text.includes('of 1000'));
    await delay(1000);
    const to = (key: string, holds: (text: string) => boolean) =>
      keyTime(terminal, key, `the frame after ${JSON.stringify(key)}`, holds);
    const scroll: number[] = [];
    for (let press = 1; press <= presses; press += 1) {
      scroll.push(await to('j', (text) => new RegExp(`› ● user${press} `).test(text)));
      await pause();
    }
    const filter: number[] = [];
    for (let turn = 0; turn < presses / 2; turn += 1) {
      terminal.press('/');
      await terminal.until('the prompt', (text) => /^ \//m.test(text));
      filter.push(await to('9', (text) => /(\d+) of 1000 users/.test(text) && text.includes('user9')));
      await pause();
      filter.push(await to('7', (text) => /^ \/97/m.test(text) && !/ user90 /.test(text)));
      await pause();
      terminal.press('\u001b');
      await terminal.until('everybody', (text) => !/^ \//m.test(text));
    }
    const sort: number[] = [];
    const orders = ['name', 'attention', 'backup', 'size', 'activity', ''];
    for (let turn = 0; turn < presses; turn += 1) {
      const order = orders[turn % orders.length] ?? '';
      sort.push(
        await to('S', (text) =>
          order === '' ? / 1000 users {2}/.test(text) : text.includes(`users by ${order}`),
        ),
      );
      await pause();
    }
    const ends: number[] = [];
    for (let turn = 0; turn < presses / 2; turn += 1) {
      ends.push(await to('G', (text) => /› ● user999 /.test(text)));
      await pause();
      ends.push(await to('g', (text) => /› ● user0 /.test(text)));
      await pause();
    }
    const line = (what: string, values: readonly number[]) =>
      keys(`${users} users, ${what}: key to frame`, values, 50);
    return [
      line('scrolling', scroll),
      line('filtering', filter),
      line('sorting', sort),
      line('first and last', ends),
    ];
  } finally {
    terminal.press('q');
    await terminal.ended();
    terminal.dispose();
  }
}

async function changing(): Promise<Figure[]> {
  const terminal = open();
  try {
    await terminal.until('everybody', (text) => text.includes('of 1000'));
    await delay(3000);
    const before = cpuOf(terminal.pid);
    const written = terminal.raw.length;
    const took = await timed(() => delay(spell));
    const after = cpuOf(terminal.pid);
    return [
      single(`${users} users, every row changing each second`, 'core', (after.own - before.own) / took, 0.15),
      single(
        'what it writes to the terminal then',
        'bytes a second',
        ((terminal.raw.length - written) / took) * 1000,
      ),
      single('memory of it then', 'bytes', memoryOf(terminal.pid)),
    ];
  } finally {
    terminal.press('q');
    await terminal.ended();
    terminal.dispose();
  }
}

/** People do not type at a fixed beat: keep clear of the frame rate. */
const pause = () => delay(40 + Math.random() * 40);
