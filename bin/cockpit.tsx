import path from 'node:path';
import { render } from 'ink';
import { App, type SuspendTerminal } from '../components/app.tsx';
import { commandEffects } from '../src/cockpit/command-effects.ts';
import { Session } from '../src/cockpit/session.ts';
import { loadConfigFor, type CommandContext } from '../src/commands/context.ts';
import { exit, type ExitCode } from '../src/commands/exit.ts';
import { openHost } from '../src/host/host.ts';
import { stopJob } from '../src/host/job-control.ts';
import { TerminalTitle } from '../src/cockpit/terminal-title.ts';

/** Home, and erase: the screen is drawn on nothing afterwards. */
const eraseScreen = '\u001b[H\u001b[2J';

/** A size that has not changed for so long stays, milliseconds. */
const settled = 60;

/** The full-screen cockpit on this terminal, until it is left. */
export async function openCockpit(context: CommandContext): Promise<ExitCode> {
  const { io, options } = context;
  const { stdout } = process;
  const { config } = loadConfigFor(context);
  const host = openHost(config);
  const session = new Session({
    config,
    host,
    environment: io.environment,
    size: { columns: stdout.columns, rows: stdout.rows },
    effects: commandEffects({
      host,
      flags: commandFlags(context),
      environment: io.environment,
      redraw: () => redraw(),
      suspend: () => void suspend(),
      reports: { folder: path.join(config.paths.state, 'reports'), keep: config.journal.reports },
      sandbox: config.sandbox !== undefined,
    }),
  });
  const title = new TerminalTitle(session.store, (text) => void stdout.write(text));
  let suspendTerminal: SuspendTerminal | undefined;
  const app = (
    <App
      store={session.store}
      controller={session.controller}
      onSuspendable={(suspending) => (suspendTerminal = suspending)}
    />
  );
  // Ctrl-C is a key like others; CI in the environment of a terminal says nothing about the terminal.
  // Nothing at first: the alternate screen begins with the cursor wherever the shell had it, and a frame that is drawn
  // from there scrolls.
  const ink = render(null, {
    alternateScreen: true,
    incrementalRendering: true,
    // A key is on the screen within a sixtieth of a second; what did not change is not drawn.
    maxFps: 60,
    exitOnCtrlC: false,
    interactive: true,
    isScreenReaderEnabled: session.store.get().look.spoken === true,
    patchConsole: false,
  });
  function redraw(): void {
    stdout.write(eraseScreen);
    ink.clear();
    ink.rerender(app);
  }
  /** As Ctrl-Z in a shell: the terminal is given back, and taken again when the shell continues us. */
  async function suspend(): Promise<void> {
    let stopped = false;
    await suspendTerminal?.(async () => {
      title.giveBack();
      stopped = await stopJob();
      title.take();
    });
    redraw();
    if (!stopped)
      session.store.dispatch({
        type: 'notice',
        notice: { text: 'no shell waits behind this cockpit: it stays', tone: 'attention' },
      });
  }
  // What a terminal makes of its lines at a new size is its own affair: what is drawn into them in parts does not fit
  // (test/terminal/robust.test.ts). When the size stays, all of it is drawn anew.
  let resizing: NodeJS.Timeout | undefined;
  const resized = () => {
    clearTimeout(resizing);
    resizing = setTimeout(redraw, settled);
  };
  stdout.on('resize', resized);
  if (context.unprivileged !== undefined)
    session.store.dispatch({
      type: 'notice',
      notice: { text: `read-only: ${context.unprivileged}`, tone: 'attention' },
    });
  redraw();
  const crash = (error: unknown) => {
    title.giveBack();
    ink.unmount();
    io.err(`t3-cockpit: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(exit.failed);
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
  title.take();
  session.start();
  try {
    await ink.waitUntilExit();
    if (session.farewell !== undefined) io.err(`${session.farewell}\n`);
    return exit.done;
  } finally {
    stdout.off('resize', resized);
    clearTimeout(resizing);
    title.giveBack();
    session.stop();
    process.off('uncaughtException', crash);
    process.off('unhandledRejection', crash);
    await host.close();
  }

  function commandFlags({ options: { set, readOnly } }: CommandContext): string[] {
    return [
      ...(options.config === undefined ? [] : ['--config', options.config]),
      ...set.flatMap((setting) => ['--set', setting]),
      ...(readOnly ? ['--read-only'] : []),
    ];
  }
}
