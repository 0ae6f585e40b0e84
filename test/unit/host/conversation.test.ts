import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startConversation, type Conversation } from '../../../src/host/conversation.ts';
import { until } from '../../sandbox/sandbox.ts';
import { scratch } from '../../scratch.ts';

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

  it('keeps nothing of a line without end but as much as an answer may have', async () => {
    const said = path.join(scratch(), 'said');
    const before = process.memoryUsage().heapUsed;
    start(`head -c 400000000 /dev/zero; touch ${said}; exec sleep 1000`);
    // A part of it is the answer, and not one that means anything.
    expect((await talk.ask('a', 20_000)).length).toBeLessThan(70_000);
    await until('all of it is said', () => (existsSync(said) ? true : undefined));
    await expect(talk.ask('b', 100)).rejects.toThrow('no answer within');
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(200_000_000);
  });

  it('is ended when more is said than was asked', async () => {
    start('exec yes');
    await until('it is ended', () => (talk.lives() ? undefined : true));
    await expect(talk.ask('a', 1000)).rejects.toThrow('says more than it is asked');
  });
});
