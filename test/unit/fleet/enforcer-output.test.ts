import { describe, expect, it } from 'vitest';
import { parseEnforcerLine } from '../../../src/fleet/enforcer-output.ts';

describe('a line of the host’s updater', () => {
  it.each([
    ['deferring t3-serve@emo.service (agent running)', { kind: 'deferring', unit: 't3-serve@emo.service' }],
    ['deferring t3-serve@emo', { kind: 'deferring', unit: 't3-serve@emo.service' }],
    [
      'restarted t3-serve@vera.service -> 0.0.27',
      { kind: 'restarted', unit: 't3-serve@vera.service', version: '0.0.27' },
    ],
    [
      '  restarted t3-serve@vera -> v0.0.33-nightly.20260808.1031',
      { kind: 'restarted', unit: 't3-serve@vera.service', version: '0.0.33-nightly.20260808.1031' },
    ],
    [
      'HEALTH-CHECK FAILED for t3@0.0.30: 500',
      { kind: 'health check failed', words: 'HEALTH-CHECK FAILED for t3@0.0.30: 500' },
    ],
    ['rolled back to 0.0.24', { kind: 'rolled back' }],
    ['ROLLBACK FAILED: npm has no network', { kind: 'rollback failed' }],
    // What is said about something else, or nearly so.
    ['restarted t3-serve@vera.service -> banana', undefined],
    ['not deferring anybody', undefined],
    ['installed 0.0.27', undefined],
    ['', undefined],
  ])('%j', (line, meaning) => {
    expect(parseEnforcerLine(line)).toEqual(meaning);
  });
});
