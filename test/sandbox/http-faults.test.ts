import { appendFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readIn } from '../contract/state.ts';
import { FaultBench } from './faults/bench.ts';
import { allAnswers, asked, type HttpFault } from './faults/http.ts';
import { all } from './faults/sample.ts';

/**
 * Whoever answers in the place of a server, or of the dispatch, in the middle of an operation: hanging, resetting, lying,
 * once or each time. Nothing is called well that was not seen to be, and nothing that the handshake made stays open.
 */

let bench: FaultBench;
beforeAll(async () => {
  bench = await FaultBench.create();
  appendFileSync(bench.sandbox.config, 'limits: { httpTimeout: 2s, t3Timeout: 15s, startTimeout: 15s }\n');
});
afterAll(() => bench.destroy());

const faults: HttpFault[] = asked.flatMap((what) =>
  allAnswers.flatMap((answer) =>
    (['once', 'always'] as const).map((times) => ({ asked: what, answer, times })),
  ),
);
/** Each question and each answer, but not all of them together. */
const some = (shift: number) => faults.filter((_, at) => all || (at + shift) % 7 === 0);

/**
 * Could people be seen to pair again? With one wrong answer to what is asked again, they could; and whoever says of any
 * cookie that it is a session says so of a real one, too.
 */
const provable = ({ asked: what, answer, times }: HttpFault) =>
  what === 'dispatch' ||
  (what === 'environment' && times === 'once') ||
  (what === 'session' && answer === 'lies');

/** Links of ours that somebody could pair by yet. */
const expectNothingOpen = () =>
  expect(
    readIn<number>(
      base(),
      `SELECT count(*) FROM auth_pairing_links
        WHERE label = 't3-cockpit probe' AND revoked_at IS NULL AND consumed_at IS NULL`,
    ),
  ).toBe(0);
const base = () => path.dirname(path.dirname(bench.live));

describe('a restore, while it', () => {
  it.each(some(0))('asks $asked and whoever is there $answer ($times)', async (http) => {
    const before = await bench.begin();
    const { ended } = await bench.run(
      { kind: 'restore', user: 'alice', snapshot: bench.chosen, interruptTurn: true },
      { http },
    );
    const story = JSON.stringify(ended?.steps.map(({ kind, state, reason }) => ({ kind, state, reason })));
    const found = await bench.check(before);
    expect(found, story).toBe(ended?.operation.outcome === 'succeeded' ? 'chosen' : 'old');
    if (http.times === 'always' || http.asked === 'environment' || http.asked === 'dispatch')
      expect(found, story).toBe(provable(http) ? 'chosen' : 'old');
    expectNothingOpen();
  });
});

describe('a restart, while it', () => {
  it.each(some(3))('asks $asked and whoever is there $answer ($times)', async (http) => {
    const before = await bench.beginIdle();
    const { ended } = await bench.run({ kind: 'restart', users: ['alice'] }, { http });
    const story = JSON.stringify(ended?.steps.map(({ kind, state, reason }) => ({ kind, state, reason })));
    if (http.times === 'always' || http.asked === 'environment' || http.asked === 'dispatch')
      expect(ended?.operation.outcome === 'succeeded', story).toBe(provable(http));
    await bench.checkStayed(before);
    expectNothingOpen();
  });
});
