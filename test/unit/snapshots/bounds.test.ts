import { describe, expect, it } from 'vitest';
import { fakeHost } from '../../fakes/host.ts';
import { boundsOf, takeSnapshot } from '../../../src/snapshots/snapshotter.ts';

/** What a process of the owner may cost, and what it may say. */

const mega = 1024 ** 2;

describe('the bounds of a copy', () => {
  it('grow with what was promised to it, up to the configured time', () => {
    expect(boundsOf({ timeout: 1_800_000, promised: 0 })).toEqual({ timeout: 60_000, file: 64 * mega });
    expect(boundsOf({ timeout: 1_800_000, promised: 100 * mega })).toEqual({
      timeout: 160_000,
      file: 264 * mega,
    });
    expect(boundsOf({ timeout: 5000, promised: 100 * mega }).timeout).toBe(5000);
    expect(boundsOf({ timeout: 1_800_000, promised: 1 }).timeout % 1).toBe(0);
  });

  it('are the configured time alone where nothing is copied', () => {
    expect(boundsOf({ timeout: 1000 })).toEqual({ timeout: 1000 });
  });
});

describe('a snapshotter in the hands of its owner', () => {
  /** Have it say these lines, and see which of them count as progress. */
  async function progressOf(...lines: string[]): Promise<unknown[]> {
    const seen: unknown[] = [];
    const host = fakeHost();
    host.commands.run = (argv, options) => {
      for (const line of lines) options.onLine?.(line);
      return Promise.resolve({
        argv,
        exitCode: 0,
        signal: undefined,
        stdout: '',
        stderr: '',
        failure: undefined,
        took: 1,
      });
    };
    const taking = takeSnapshot(
      host,
      {
        source: '/s',
        home: '/',
        backups: '/b',
        folder: '/b/c',
        name: 'n',
        alias: null,
        patience: 0,
        manifest: { user: 'alice', kind: 'manual', takenAt: '2026-01-01T00:00:00.000Z', version: null },
      },
      {
        account: { name: 'alice', uid: 1000, gid: 1000, home: '/' },
        timeout: 1000,
        memory: 1,
        onProgress: (each) => seen.push(each),
      },
    );
    await expect(taking).rejects.toThrow('without an answer');
    return seen;
  }
  const progress = (done: string, total: string) =>
    `{"progress":{"phase":"copy","done":${done},"total":${total}}}`;

  it('draws no bar that cannot be drawn', async () => {
    expect(
      await progressOf(
        progress('-5', '3'),
        progress('5', '-3'),
        progress('1e308', '3'),
        progress('1', 'null'),
        '{"progress":{"phase":"\\u001b[2J","done":1,"total":1}}',
        'nonsense',
        progress('1', '2'),
      ),
    ).toEqual([{ phase: 'copy', done: 1, total: 2 }]);
  });
});
