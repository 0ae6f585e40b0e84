import { EventEmitter } from 'node:events';
import { render } from 'ink';
import xterm from '@xterm/headless';
import { App } from '../../../components/app.tsx';
import { Controller, type Effects } from '../../../src/cockpit/controller.ts';
import type { CockpitState } from '../../../src/cockpit/state.ts';
import { Store } from '../../../src/cockpit/store.ts';
import { cellsOf, type Cell } from '../../terminal/terminal.ts';

/** What a true emulator shows of a state: the same components, the same escapes, no process. */
export async function cellsOfState(state: CockpitState): Promise<Cell[][]> {
  const { columns, rows } = state.size;
  const emulator = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
  const out = Object.assign(new EventEmitter(), {
    columns,
    rows,
    isTTY: true,
    write: (data: string, ...rest: unknown[]) => {
      // A terminal's driver goes to the beginning of the line for each new one; the emulator has no driver.
      emulator.write(data.replaceAll(/\r?\n/g, '\r\n'));
      for (const each of rest) if (typeof each === 'function') each();
      return true;
    },
  }) as unknown as NodeJS.WriteStream;
  const input = Object.assign(new EventEmitter(), {
    isTTY: true,
    setRawMode: () => undefined,
    setEncoding: () => undefined,
    ref: () => undefined,
    unref: () => undefined,
    read: () => null,
    resume: () => undefined,
    pause: () => undefined,
  }) as unknown as NodeJS.ReadStream;
  const store = new Store(state);
  const ink = render(<App store={store} controller={new Controller(store, {} as Effects)} />, {
    stdout: out,
    stdin: input,
    interactive: true,
    patchConsole: false,
    exitOnCtrlC: false,
  });
  try {
    await ink.waitUntilRenderFlush();
    await new Promise<void>((resolve) => emulator.write('', resolve));
    return cellsOf(emulator);
  } finally {
    ink.unmount();
    emulator.dispose();
  }
}
