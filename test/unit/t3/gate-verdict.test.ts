import { describe, expect, it } from 'vitest';
import { reportSchema, type TrialReport } from '../../../src/t3/gate/protocol.ts';
import { judgeTrial, migrationsRun, type Tried } from '../../../src/t3/gate/verdict.ts';

const migrations = [
  { id: 29, name: 'Before' },
  { id: 30, name: 'Then' },
];
const work = { projects: 1, threads: 4, messages: 40, turns: 9 };
const holding = { migrations, work };

const good: TrialReport = {
  problem: null,
  startMs: 900,
  version: '0.0.27',
  ready: true,
  cookie: 't3_session',
  pairing: { verdict: 'ok', step: null, reason: null, endpoint: '/api/auth/browser-session' },
  memory: 300 * 1024 ** 2,
  ended: null,
  log: ['[12:00:00.000] INFO (#1): Migrations ran successfully'],
};

const tried = (report: Partial<TrialReport> = {}, about: Partial<Tried> = {}): Tried => ({
  version: '0.0.27',
  report: { ...good, ...report },
  before: holding,
  after: { migrations: [...migrations, { id: 31, name: 'AuthAuthorizationScopes' }], work },
  dispatch: { pairingPaths: ['/api/auth/browser-session', '/api/auth/bootstrap'], cookie: 't3_session' },
  ...about,
});

describe('a trial', () => {
  it('is passed when everything was seen to work', () => {
    expect(judgeTrial(tried())).toBeUndefined();
    expect(judgeTrial(tried({}, { before: undefined }))).toBeUndefined();
    expect(judgeTrial(tried({ memory: null }))).toBeUndefined();
  });

  it.each<[string, Partial<TrialReport>, RegExp]>([
    ['no port', { problem: 'no port to be had' }, /no port/],
    ['a port that was taken', { startMs: null, ended: 'exit code 1', log: ['listen EADDRINUSE'] }, /taken/],
  ])('says nothing of the version when it could not be held: %s', (_, report, words) => {
    const finding = judgeTrial(tried(report));
    expect(finding?.of).toBe('host');
    expect(finding?.words).toMatch(words);
  });

  const pairing = (about: Partial<TrialReport['pairing']>) => ({ pairing: { ...good.pairing, ...about } });
  it.each<[string, Partial<TrialReport>, RegExp]>([
    ['no answer', { startMs: null }, /does not answer/],
    [
      'an end at once',
      { startMs: null, ended: 'exit code 1', log: ['[12:00:00.000] ERROR (#1): ServeError: no such module'] },
      /does not start \(exit code 1\): ServeError: no such module$/,
    ],
    [
      'a migration that fails, though it answers',
      { log: ['[12:00:00.000] ERROR (#1): MigrationError: Migration "33_X" failed'] },
      /its migration fails: MigrationError/,
    ],
    ['another version', { version: '0.0.26' }, /says that it is 0\.0\.26/],
    ['no version', { version: null }, /says that it is nothing/],
    [
      'an endpoint that moved again',
      pairing({ verdict: 'broken', step: 'exchange', reason: 'none of /a, /b exists', endpoint: null }),
      /the dispatch cannot speak it: update it first/,
    ],
    ['an endpoint that the dispatch does not try', pairing({ endpoint: '/api/pair' }), /update it first/],
    ['a cookie that the dispatch does not know', { cookie: 't3_session_1_abc' }, /update it first/],
    ['a cookie without a name', { cookie: null }, /update it first/],
    [
      'a mint that fails',
      pairing({ verdict: 'broken', step: 'mint', reason: 'no' }),
      /cannot be paired with \(mint\): no/,
    ],
    ['nobody who answers', pairing({ verdict: 'unreachable' }), /cannot be paired with: unreachable/],
    ['a handshake that was not tried', pairing({ verdict: 'unknown' }), /cannot be paired with: unknown/],
    ['a server that is never ready', { ready: false }, /never said that it is ready/],
    [
      'an end after a while',
      { ended: 'killed by SIGKILL' },
      /ended by itself after a while \(killed by SIGKILL\)/,
    ],
  ])('is not passed with %s', (_, report, words) => {
    const finding = judgeTrial(tried(report));
    expect(finding?.of).toBe('version');
    expect(finding?.words).toMatch(words);
  });

  it('is not passed when the database is not what it has to be afterwards', () => {
    const after = (about: object) => judgeTrial(tried({}, { after: { ...holding, ...about } }))?.words;
    expect(judgeTrial(tried({}, { after: undefined }))?.words).toMatch(/cannot be read/);
    expect(after({ work: { ...work, messages: 39 } })).toMatch(/loses work: 40 messages became 39/);
    expect(after({ migrations: [migrations[0], { id: 30, name: 'Other' }] })).toMatch(
      /migration 30 by another name/,
    );
    expect(after({ migrations: migrations.slice(0, 1) })).toMatch(/migration 30/);
    expect(after({ work: { ...work, messages: 41 } })).toBeUndefined();
  });

  it('tells which migrations ran', () => {
    expect(migrationsRun(holding, tried().after)).toEqual(['31_AuthAuthorizationScopes']);
    expect(migrationsRun(undefined, holding)).toEqual(['29_Before', '30_Then']);
    expect(migrationsRun(holding, undefined)).toEqual([]);
  });
});

describe('a report', () => {
  it('is not taken from whoever says less, or other things', () => {
    expect(reportSchema.safeParse(good).success).toBe(true);
    const { ready: _, ...less } = good;
    expect(reportSchema.safeParse(less).success).toBe(false);
    expect(reportSchema.safeParse({ ...good, startMs: 'soon' }).success).toBe(false);
    expect(reportSchema.safeParse({ ...good, log: Array(101).fill('x') }).success).toBe(false);
  });
});
