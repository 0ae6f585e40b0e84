import { describe, expect, it } from 'vitest';
import { operationReport } from '../../../src/view/operation-report.ts';
import { rollout } from '../../components/screens/rollout.ts';
import { startMoment } from '../../fakes/fleet.ts';

describe('a report', () => {
  const text = operationReport(rollout, startMoment.wall);

  it('says what was asked, by whom, what became of it, who was left out, and what the gate has seen', () => {
    expect(text).toMatch(/^Operation 12: bump\n {2}outcome {4}running\n/);
    expect(text).toMatch(/asked for {2}2026-11-23 .* by ada \(as root\), cockpit/);
    expect(text).toContain('Left out\n  konrad: its server is stopped');
    expect(text).toContain('Gate: 0.0.27 on a copy of ada’s database\n  verdict    passed');
    expect(text).toMatch(/one user after the other +started/);
    expect(text).toMatch(/copy the database once more +succeeded +3s +\d\d:\d\d:\d\d {2}201 MB: prebump/);
  });

  it('has the exact commands, and says what it leaves out', () => {
    expect(text).toContain('$ systemctl start --no-block t3-serve@grace.service');
    expect(text).not.toContain('earlier events');
    expect(operationReport({ ...rollout, missed: 7 }, startMoment.wall)).toContain(
      '(7 earlier events are not shown)',
    );
  });

  it('is plain text: no escapes, no tabs, nothing at the ends of lines', () => {
    // oxlint-disable-next-line no-control-regex -- that there are none is the point
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    expect(text.split('\n').filter((line) => line.endsWith(' '))).toEqual([]);
    expect(text.endsWith('\n')).toBe(true);
  });
});
