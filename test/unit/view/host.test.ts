import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { reduce } from '../../../src/cockpit/reducer.ts';
import { initialState } from '../../../src/cockpit/state.ts';
import { glyphsFor } from '../../../src/cockpit/glyphs.ts';
import { screenModel } from '../../../src/cockpit/view-models/screen.ts';
import { statusDocument, statusTable } from '../../../src/commands/render/status.ts';
import type { Fleet } from '../../../src/fleet/fleet.ts';
import type { HostJob } from '../../../src/fleet/jobs.ts';
import { known, unknown } from '../../../src/fleet/observation.ts';
import { hostTexts, jobText } from '../../../src/view/host.ts';
import { hostProblemTexts, instanceProblems } from '../../../src/view/problems.ts';
import { fleetOf, instanceOf, startMoment } from '../../fakes/fleet.ts';

/** What the host's own scripts are about, on every face. */

const { config } = loadConfig();
const hour = 3_600_000;
const now = startMoment.wall;
const job = (facts: Partial<HostJob> = {}): HostJob => ({
  name: 't3-backup-state',
  installed: true,
  barred: undefined,
  running: false,
  ended: 'well',
  since: now - hour,
  next: now + 11 * hour,
  last: now - 13 * hour,
  scheduled: true,
  ...facts,
});
const fleet = (facts: Partial<Fleet> = {}): Fleet => ({
  ...fleetOf(instanceOf('vera', { deferral: known({ version: '0.0.27', since: now - hour }, startMoment) })),
  ...facts,
});
const jobs = (...each: HostJob[]) => known(each, startMoment);

/** A whole frame's lines as text, without their meanings. */
function screen(of: Fleet, rows: number): string {
  const size = { columns: 80, rows };
  const state = reduce(initialState(config, size, startMoment), { type: 'fleet', fleet: of });
  const texts = (part: unknown): string => {
    if (Array.isArray(part)) return part.map(texts).join('');
    if (typeof part !== 'object' || part === null) return '';
    return 'text' in part
      ? String(part.text)
      : Object.values(part)
          .map((each) => `${texts(each)}\n`)
          .join('');
  };
  return texts(screenModel(state, glyphsFor(config, {})));
}

describe('a job', () => {
  it('is told in a few words', () => {
    expect(jobText(job({ last: undefined, ended: undefined }), now)).toBe('t3-backup-state in 11h');
    expect(jobText(job(), now)).toMatch(/^t3-backup-state in 11h, last \d\d:\d\d:00 well$/);
    expect(jobText(job({ ended: 'failed' }), now)).toMatch(/FAILED$/);
    expect(jobText(job({ running: true, ended: undefined }), now)).toBe('t3-backup-state runs now');
    expect(jobText(job({ next: undefined, scheduled: false, last: undefined, ended: undefined }), now)).toBe(
      't3-backup-state not scheduled',
    );
    expect(jobText(job({ barred: 'masked' }), now)).toBe('t3-backup-state is masked');
  });

  it('that is not installed is nothing to talk about', () => {
    expect(hostTexts(fleet({ jobs: jobs(job({ installed: false })) }), now)).toEqual([]);
  });

  it('that runs or has failed is seen on a small screen, too; the others on a high one', () => {
    expect(screen(fleet({ jobs: jobs(job()) }), 24)).not.toContain('t3-backup-state');
    expect(screen(fleet({ jobs: jobs(job()) }), 30)).toContain('t3-backup-state in 11h');
    expect(screen(fleet({ jobs: jobs(job({ running: true })) }), 24)).toContain('t3-backup-state runs');
    expect(screen(fleet({ jobs: jobs(job({ ended: 'failed' })) }), 24)).toContain(
      't3-backup-state has failed',
    );
  });
});

describe('freeze, last good and what is owed', () => {
  const frozen = fleet({
    freeze: known({ frozen: true, reason: 'the night of June', since: now - 2 * hour }, startMoment),
    lastGood: known('0.0.24', startMoment),
  });

  it('are on the screen, in the table and in the document', () => {
    expect(screen(frozen, 24)).toContain('FROZEN');
    expect(screen(frozen, 30)).toContain('FROZEN since 2h: the night of June · last good 0.0.24');
    expect(screen(frozen, 24)).toMatch(/vera .* defe….27/);
    expect(screen(frozen, 24)).toContain('a restart onto 0.0.27');
    const seeing = { config, fleet: frozen, wall: now, tick: startMoment.tick };
    const table = statusTable(seeing, undefined);
    expect(table).toContain('FROZEN since 2h: the night of June\nlast good 0.0.24\n');
    expect(table).toContain('deferred 0.0.27');
    expect(statusDocument(seeing, [])).toMatchObject({
      frozen: { value: true },
      freeze: { value: { reason: 'the night of June', since: '2026-11-23T10:00:00.000Z' } },
      lastGood: { value: '0.0.24' },
      instances: [{ deferral: { value: { version: '0.0.27', since: '2026-11-23T11:00:00.000Z' } } }],
    });
  });

  it('that are unknown are said to be, never passed over', () => {
    const lost = unknown('no permission', startMoment);
    expect(hostProblemTexts(fleet({ freeze: lost, lastGood: lost, jobs: lost }))).toEqual([
      'freeze: no permission',
      'last good version: no permission',
      'host’s own jobs: no permission',
    ]);
    expect(instanceProblems(instanceOf('vera', { deferral: lost }), now)).toContain(
      'deferral: no permission',
    );
  });
});
