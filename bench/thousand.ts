import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { bundle } from '../scripts/build.ts';
import { Terminal } from '../test/terminal/terminal.ts';
import { median, milliseconds, quantile, timed, type Figure } from './figures.ts';
import { cpuOf, memoryOf } from './process-figures.ts';
import { percent } from './refresh.ts';

const users = 1000;
const presses = 40;

/** For how long every row changes each second, milliseconds. */
const spell = 20_000;

/** Where a bundled program finds better-sqlite3 beside it. */
const programs = path.resolve(import.meta.dirname, '../node_modules/.cache/t3-cockpit-bench');

/** A thousand users on one screen (a simulation: recorded facts): keys to their frames, and what changing rows cost. */
export async function thousand(): Promise<Figure[]> {
  await bundle(['bench/face.tsx'], programs);
  return [...(await keys()), ...(await changing())];
}

const open = () =>
  new Terminal(['--enable-source-maps', path.join(programs, 'face.js'), String(users)], {
    command: [process.execPath],
    columns: 200,
    rows: 60,
    environment: { FORCE_COLOR: '3' },
  });

async function keys(): Promise<Figure[]> {
  const terminal = open();
  try {
    await terminal.until('everybody', (text) => /› ● user0 /.test(text) && text.includes('of 1000'));
    await delay(1000);
    const to = (key: string, holds: (text: string) => boolean) =>
      timed(() => {
        terminal.press(key);
        return terminal.until(`the frame after ${JSON.stringify(key)}`, holds);
      });
    const scroll: number[] = [];
    for (let press = 1; press <= presses; press += 1) {
      scroll.push(await to('j', (text) => new RegExp(`› ● user${press} `).test(text)));
      await pause();
    }
    const filter: number[] = [];
    for (let turn = 0; turn < presses / 4; turn += 1) {
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
    for (let turn = 0; turn < presses / 2; turn += 1) {
      const order = orders[turn % orders.length] ?? '';
      sort.push(
        await to('S', (text) =>
          order === '' ? / 1000 users {2}/.test(text) : text.includes(`users by ${order}`),
        ),
      );
      await pause();
    }
    const ends: number[] = [];
    for (let turn = 0; turn < presses / 4; turn += 1) {
      ends.push(await to('G', (text) => /› ● user999 /.test(text)));
      await pause();
      ends.push(await to('g', (text) => /› ● user0 /.test(text)));
      await pause();
    }
    const line = (what: string, values: number[]): Figure => ({
      what: `${users} users, ${what}: key to frame`,
      value: `${milliseconds(median(values))} median, ${milliseconds(quantile(values, 0.95))} at 95 %, ${milliseconds(Math.max(...values))} at most (${values.length} keys)`,
    });
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
      {
        what: `${users} users, every row changing each second`,
        value: `${percent((after.own - before.own) / took)} of a core, ${Math.round((terminal.raw.length - written) / took)} kB/s, ${Math.round(memoryOf(terminal.pid) / 1024 ** 2)} MB`,
      },
    ];
  } finally {
    terminal.press('q');
    await terminal.ended();
    terminal.dispose();
  }
}

/** People do not type at a fixed beat: keep clear of the frame rate. */
const pause = () => delay(40 + Math.random() * 40);
