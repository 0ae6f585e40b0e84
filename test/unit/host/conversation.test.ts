import { afterEach, describe, expect, it } from 'vitest';
import { startConversation, type Conversation } from '../../../src/host/conversation.ts';
import { until } from '../../sandbox/sandbox.ts';

/** A program that is talked with runs as a user, who may write into its output, and so to whoever listens: root. */

let talk: Conversation;
const start = (script: string) =>
  (talk = startConversation({
    argv: ['sh', '-c', script],
    identity: undefined,
    environment: { PATH: process.env['PATH'] ?? '' },
    descriptors: [],
  }));
afterEach(() => talk.end());

describe('a conversation', () => {
  it('has an answer for each question, in order, early ones too', async () => {
    start('echo early; while read -r line; do echo "$line?"; done');
    expect(await talk.ask('a', 5000)).toBe('early');
    expect(await talk.ask('b', 5000)).toBe('a?');
    expect(talk.lives()).toBe(true);
  });

  it.each([
    ['a line without end', 'exec cat /dev/zero'],
    ['lines without end', 'exec yes'],
  ])('is ended, or costs no memory, where it says %s', async (what, script) => {
    const before = process.memoryUsage().rss;
    start(script);
    if (what === 'lines without end') await until('it is ended', () => (talk.lives() ? undefined : true));
    else {
      // A part of it is the answer, and not one that means anything.
      expect((await talk.ask('a', 5000)).length).toBeLessThan(70_000);
      await expect(talk.ask('b', 500)).rejects.toThrow('no answer within');
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
    if (what === 'lines without end')
      await expect(talk.ask('a', 1000)).rejects.toThrow('says more than it is asked');
  });
});
