import { describe, expect, it } from 'vitest';
import { systemCommands } from '../../../src/host/commands.ts';
import { linesOf } from '../../../src/host/lines.ts';
import { systemProcesses } from '../../../src/host/processes.ts';
import { until } from '../../sandbox/sandbox.ts';

async function* chunks(...texts: (string | Uint8Array)[]): AsyncGenerator<Uint8Array, void> {
  for (const text of texts) yield await Promise.resolve(Buffer.from(text));
}
const all = async <Item>(items: AsyncIterable<Item>) => {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
};
const never = new AbortController().signal;

describe('lines of a stream', () => {
  it('are whole, however they come in', async () => {
    expect(await all(linesOf(chunks('a\nb', 'c\n', '\nd'), 10))).toEqual(['a', 'bc', '', 'd']);
    const bytes = Buffer.from('ä');
    expect(await all(linesOf(chunks(bytes.subarray(0, 1), bytes.subarray(1)), 10))).toEqual(['ä']);
  });

  it('are cut when they are too long, and the next one is not', async () => {
    expect(await all(linesOf(chunks('abcdef\nx\n', 'abc', 'def', 'ghi', 'j\ny'), 3))).toEqual([
      'abc…',
      'x',
      'abc…',
      'y',
    ]);
  });
});

describe('the lines of a command', () => {
  it('wait for whoever is slow: it does not run ahead', async () => {
    const lines = systemCommands().lines(['sh', '-c', 'echo $$; exec yes'], never);
    const pid = Number((await lines.next()).value);
    await lines.next();
    // Blocked in its write: a pipe is full, and nobody reads it.
    await until('it sleeps', async () =>
      (await systemProcesses.facts(pid))?.state === 'S' ? true : undefined,
    );
    await lines.return();
    await until('it is gone', async () =>
      (await systemProcesses.facts(pid)) === undefined ? true : undefined,
    );
  });

  it('end at the signal, while nothing comes', async () => {
    const stop = new AbortController();
    const lines = systemCommands().lines(['sh', '-c', 'echo one; exec tail -f /dev/null'], stop.signal);
    expect((await lines.next()).value).toBe('one');
    const next = lines.next();
    stop.abort();
    expect((await next).done).toBe(true);
  });

  it('that did not end well are an error, with its words', async () => {
    const failing = (script: string) => all(systemCommands().lines(['sh', '-c', script], never));
    await expect(failing('echo no >&2; exit 1')).rejects.toThrow('no');
    await expect(failing('exit 1')).rejects.toThrow('did not end well');
  });
});
