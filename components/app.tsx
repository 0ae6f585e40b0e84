import { Box, useApp, useInput, usePaste, useWindowSize } from 'ink';
import { useEffect, useSyncExternalStore } from 'react';
import type { Controller } from '../src/cockpit/controller.ts';
import { keyNames } from '../src/cockpit/keys.ts';
import type { Store } from '../src/cockpit/store.ts';
import { tooSmall } from '../src/cockpit/view-models/layout.ts';
import { Screen } from './screen.tsx';
import { TooSmall } from './too-small.tsx';

interface AppProps {
  store: Store;
  controller: Controller;
}

/** The root: hands keys to the controller and the state to the screen. */
export function App({ store, controller }: AppProps) {
  const state = useSyncExternalStore(store.subscribe, store.get);
  const { columns, rows } = useWindowSize();
  const { exit } = useApp();
  useInput((input, key) => controller.press(keyNames(input, key)));
  // Pasted text is never keys: a paste into the wrong window must not start anything. A filter takes it.
  usePaste((text) => controller.paste(text));
  useEffect(() => store.dispatch({ type: 'resize', columns, rows }), [store, columns, rows]);
  useEffect(() => {
    if (state.leaving) exit();
  }, [state.leaving, exit]);
  return (
    <Box flexDirection="column" width={state.size.columns}>
      {tooSmall(state) ? <TooSmall size={state.size} /> : <Screen state={state} />}
    </Box>
  );
}
