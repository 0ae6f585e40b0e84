import { Box } from 'ink';
import { render } from 'ink-testing-library';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { App } from '../../components/app.tsx';
import { StyledLine } from '../../components/styled-line.tsx';
import { ThemeContext, themeOf } from '../../components/theme.tsx';
import { loadConfig } from '../../src/config/load.ts';
import { Controller } from '../../src/cockpit/controller.ts';
import { lookFor } from '../../src/cockpit/look.ts';
import { initialState } from '../../src/cockpit/state.ts';
import { Store } from '../../src/cockpit/store.ts';
import { segment, type Line } from '../../src/cockpit/view-models/line.ts';
import { known, unknown } from '../../src/fleet/observation.ts';
import { fakeEffects } from '../fakes/effects.ts';
import { fleetOf, instanceOf, startMoment } from '../fakes/fleet.ts';

const { config } = loadConfig();
const environment = { LANG: 'C.UTF-8', NO_COLOR: '1' };
const look = lookFor(config, environment);
const theme = themeOf(look);

const open: ReturnType<typeof render>[] = [];
afterEach(() => {
  for (const each of open.splice(0)) each.unmount();
});

function mount() {
  const asked: string[] = [];
  const effects = fakeEffects({
    backup: (users) => (
      asked.push(users.join(' ') || 'everyone'),
      Promise.resolve({ problem: 'no space left' })
    ),
    stop: () => Promise.resolve('asked'),
  });
  const store = new Store(initialState(config, { columns: 100, rows: 30 }, startMoment, look));
  const app = render(<App store={store} controller={new Controller(store, effects)} />);
  open.push(app);
  // The stand-in terminal of the testing library has no rows: this is the one that we want.
  store.dispatch({ type: 'resize', columns: 100, rows: 30 });
  store.dispatch({
    type: 'fleet',
    fleet: fleetOf(
      instanceOf('vera', {
        snapshots: known(
          [
            {
              user: 'vera',
              origin: 'cockpit',
              folder: '/b',
              file: 'f',
              kind: 'manual',
              version: '0.0.24',
              takenAt: startMoment.wall - 5000,
              bytes: 1_000_000,
              standing: 'verified',
              record: undefined,
            },
          ],
          startMoment,
        ),
      }),
      instanceOf('emo', { liveness: unknown('no answer in 3 s', startMoment) }),
    ),
  });
  return { app, store, asked };
}

/** Frames are drawn at a bounded rate: wait for the one that is meant. */
async function frame(app: ReturnType<typeof render>, holds: (text: string) => boolean): Promise<string> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    const text = app.lastFrame() ?? '';
    if (holds(text)) return text;
    if (performance.now() > deadline) throw new Error(`never drawn:\n${text}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('the app', () => {
  it('draws the fleet, what is unknown with its reason, and the snapshots in a table', async () => {
    const { app } = mount();
    const text = await frame(app, (each) => each.includes('emo'));
    expect(text).toMatch(/› ● vera +running/);
    expect(text).toMatch(/emo .*\? no an/);
    expect(text).toMatch(/ 2026-11-23 \d\d:59:55 +5s +manual +0\.0\.24 +1 MB +verified/);
  });

  it('hands keys to the controller, and shows what came of them', async () => {
    const { app, asked } = mount();
    await frame(app, (each) => each.includes('emo'));
    app.stdin.write('j');
    await frame(app, (each) => /› ● emo/.test(each));
    app.stdin.write('B');
    await frame(app, (each) => each.includes('no space left'));
    expect(asked).toEqual(['emo']);
  });

  it('takes pasted text for no keys', async () => {
    const { app, asked } = mount();
    await frame(app, (each) => each.includes('emo'));
    app.stdin.write('\u001b[200~bbb\u001b[201~');
    app.stdin.write('j');
    await frame(app, (each) => /› ● emo/.test(each));
    expect(asked).toEqual([]);
  });
});

describe('a frame that cannot be made', () => {
  it('is an error that ends the program, not a screen that stands still', async () => {
    const { app, store } = mount();
    await frame(app, (each) => each.includes('emo'));
    const thrown: unknown[] = [];
    const later = queueMicrotask;
    vi.stubGlobal('queueMicrotask', (task: () => void) =>
      later(() => {
        try {
          task();
        } catch (error) {
          thrown.push(error);
        }
      }),
    );
    try {
      const hole = Object.defineProperty(instanceOf('vera'), 'unit', {
        get() {
          throw new Error('a hole');
        },
      });
      store.dispatch({ type: 'fleet', fleet: fleetOf(hole) });
      await vi.waitFor(() => expect(thrown.map(String)).toContain('Error: a hole'));
    } finally {
      vi.unstubAllGlobals();
    }
  });
});

describe('a line', () => {
  it('is drawn again only when it looks different', () => {
    let drawn = 0;
    const line = (text: string): Line =>
      new Proxy([segment(text)], {
        get(target, property, receiver) {
          if (property === 'map' || property === 'forEach') drawn += 1;
          return Reflect.get(target, property, receiver) as unknown;
        },
      });
    const view = (text: string) => (
      <ThemeContext value={theme}>
        <StyledLine line={line(text)} />
      </ThemeContext>
    );
    const app = render(view('one'));
    open.push(app);
    // The comparison goes over both lines; drawing once more.
    const atFirst = drawn;
    app.rerender(view('one'));
    expect(drawn - atFirst).toBe(2);
    app.rerender(view('two'));
    expect(drawn - atFirst).toBe(2 + 2 + atFirst);
    expect(app.lastFrame()).toBe('two');
  });

  it('is one line even when there is nothing to say', () => {
    const app = render(
      <ThemeContext value={theme}>
        <Box flexDirection="column">
          <StyledLine line={[]} />
          <StyledLine line={[segment('')]} />
          <StyledLine line={[segment('third')]} />
        </Box>
      </ThemeContext>,
    );
    open.push(app);
    expect(app.lastFrame()).toBe('\n\nthird');
  });
});
