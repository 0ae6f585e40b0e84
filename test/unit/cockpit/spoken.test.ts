import { describe, expect, it } from 'vitest';
import { Frames } from '../../../src/cockpit/frames.ts';
import { lookFor } from '../../../src/cockpit/look.ts';
import { Store } from '../../../src/cockpit/store.ts';
import { layoutOf } from '../../../src/cockpit/view-models/layout.ts';
import { segment, spokenText } from '../../../src/cockpit/view-models/line.ts';
import { known } from '../../../src/fleet/observation.ts';
import { fleetOf, instanceOf, startMoment } from '../../fakes/fleet.ts';
import { alice, bob, carol, config, dave, four, hour, stopped } from '../../fakes/cockpit.ts';

/** The cockpit as a screen reader is given it. */

const look = lookFor(config, { LANG: 'C.UTF-8', INK_SCREEN_READER: 'true' });
/** Nothing is old before its time: an old fact is news. */
const patient = {
  ...config,
  cadence: Object.fromEntries(
    Object.keys(config.cadence).map((fact) => [fact, hour]),
  ) as typeof config.cadence,
};
function opened(spoken = true) {
  const store = new Store({
    ...four(),
    config: patient,
    look: spoken ? look : lookFor(config, { LANG: 'C.UTF-8' }),
  });
  const frames = new Frames(store);
  const later = (milliseconds: number) => {
    const { wall, tick } = store.get().now;
    store.dispatch({ type: 'tick', wall: wall + milliseconds, tick: tick + milliseconds });
  };
  return { store, frames, later };
}
const stops = { ...bob, unit: known(stopped, startMoment) };

describe('a frame that is read out', () => {
  it('is not read again because everything is older', () => {
    const { frames, later } = opened();
    const first = frames.get();
    for (let second = 0; second < 120; second += 1) {
      later(1000);
      expect(frames.get()).toBe(first);
    }
    // Whom it is drawn for sees it: the test would notice nothing otherwise.
    const seen = opened(false);
    const drawn = seen.frames.get();
    for (let second = 0; second < 120; second += 1) seen.later(1000);
    expect(seen.frames.get()).not.toBe(drawn);
  });

  it('says what has happened, after a breath, and all of it at once', () => {
    const { store, frames, later } = opened();
    const first = frames.get();
    store.dispatch({ type: 'fleet', fleet: fleetOf(alice, stops, carol, dave) });
    later(1000);
    expect(frames.get()).toBe(first);
    store.dispatch({ type: 'fleet', fleet: fleetOf(alice, stops, carol, dave, instanceOf('erin')) });
    later(4000);
    const second = frames.get();
    expect(second).not.toBe(first);
    expect(JSON.stringify(second)).toContain('erin');
    later(1000);
    expect(frames.get()).toBe(second);
  });

  it('answers a key at once, with what is true now', () => {
    const { store, frames } = opened();
    const first = frames.get();
    store.dispatch({ type: 'fleet', fleet: fleetOf(alice, stops, carol, dave) });
    expect(frames.get()).toBe(first);
    store.dispatch({ type: 'move', by: 1 });
    const second = frames.get();
    expect(second.screen?.body).toMatchObject({
      grid: { rows: [{}, { user: 'bob', selected: true }, {}, {}] },
    });
    expect(JSON.stringify(second)).toMatch(/stopped.*stopped/);
  });

  it('has one thing below the other, and no signs', () => {
    const { store, frames } = opened();
    store.dispatch({ type: 'resize', columns: 200, rows: 60 });
    expect(layoutOf(store.get()).wide).toBe(false);
    expect(JSON.stringify(frames.get())).not.toMatch(/[›●○✗✓─│█░]/);
  });

  it('has words where there are columns', () => {
    const cells = ['   alice  ', 'running', '     ', '3h verified  '].map((text) => segment(text));
    expect(spokenText(cells)).toBe('alice, running, 3h verified');
    expect(spokenText([segment('   ')])).toBe('');
    expect(spokenText([segment(' t3 · pinned '), segment('…')])).toBe('t3, pinned not looked at yet');
  });
});
