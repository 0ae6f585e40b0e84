import { Box, useApp, useInput, usePaste, useWindowSize } from 'ink';
import { useEffect, useMemo, useSyncExternalStore } from 'react';
import type { Controller } from '../src/cockpit/controller.ts';
import { Frames, type Frame } from '../src/cockpit/frames.ts';
import { keyNames } from '../src/cockpit/keys.ts';
import type { Store } from '../src/cockpit/store.ts';
import { Screen } from './screen.tsx';
import { ThemeContext, themeOf } from './theme.tsx';
import { TooSmall } from './too-small.tsx';

interface AppProps {
  store: Store;
  controller: Controller;
  /** Told how to hand the terminal to somebody else for a while. */
  onSuspendable?: (suspend: SuspendTerminal) => void;
}

export type SuspendTerminal = ReturnType<typeof useApp>['suspendTerminal'];

/**
 * A frame that cannot be made ends the cockpit with the reason. React would try again and again, and tell nobody (Ink
 * has it say nothing): a screen that stands still would pass for a fleet on which nothing happens.
 */
function drawable(frames: Frames): Frame {
  try {
    return frames.get();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
    throw error;
  }
}

/** The root: hands keys to the controller and the state to the screen. */
export function App({ store, controller, onSuspendable }: AppProps) {
  const frames = useMemo(() => new Frames(store), [store]);
  const frame = useSyncExternalStore(store.subscribe, () => drawable(frames));
  const theme = useMemo(() => themeOf(frame.look), [frame.look]);
  const { columns, rows } = useWindowSize();
  const { exit, suspendTerminal } = useApp();
  useInput((input, key) => controller.press(keyNames(input, key)));
  // Pasted text is never keys: a paste into the wrong window must not start anything. A filter takes it.
  usePaste((text) => controller.paste(text));
  useEffect(() => store.dispatch({ type: 'resize', columns, rows }), [store, columns, rows]);
  useEffect(() => onSuspendable?.(suspendTerminal), [onSuspendable, suspendTerminal]);
  useEffect(() => {
    if (frame.leaving) exit();
  }, [frame.leaving, exit]);
  return (
    <ThemeContext value={theme}>
      <Box flexDirection="column" width={frame.size.columns}>
        {frame.screen === undefined ? <TooSmall size={frame.size} /> : <Screen screen={frame.screen} />}
      </Box>
    </ThemeContext>
  );
}
