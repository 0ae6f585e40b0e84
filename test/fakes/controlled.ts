import type { Asking, Choice, Preview } from '../../src/cockpit/asking.ts';
import { Controller } from '../../src/cockpit/controller.ts';
import type { CockpitState } from '../../src/cockpit/state.ts';
import { Store } from '../../src/cockpit/store.ts';
import { fakeEffects } from './effects.ts';
import type { Work } from '../../src/t3/state-database.ts';

/** A cockpit under keys, with everything that it asks of others answered at once. */
export function controlled(
  state: CockpitState,
  preview: Preview,
  live: Work,
  choice: Choice = {
    versions: ['0.0.33-nightly.20260808.1031', '0.0.27', '0.0.24', '0.0.23'],
    tags: { latest: '0.0.27', nightly: '0.0.33-nightly.20260808.1031' },
  },
) {
  const carried: [Asking, boolean][] = [];
  const previewed: Asking[] = [];
  const effects = fakeEffects({
    preview: (asking) => (previewed.push(asking), Promise.resolve(preview)),
    carryOut: (asking, interrupt) => (carried.push([asking, interrupt]), Promise.resolve({ operation: 9 })),
    compare: (user) => Promise.resolve({ user, live, problem: undefined }),
    versions: () => Promise.resolve(choice),
  });
  const store = new Store(state);
  const controller = new Controller(store, effects);
  return {
    store,
    controller,
    carried,
    previewed,
    /** Keys one by one, as they come from fingers; what they ask for is answered in between. */
    async press(...keys: string[]) {
      for (const key of keys) {
        controller.press([key]);
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}
