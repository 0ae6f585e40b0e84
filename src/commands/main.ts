import { Command, CommanderError, Option } from 'commander';
import { ConfigError } from '../config/errors.ts';
import { NeedsDecision, Refused, UsageProblem } from '../operations/errors.ts';
import { printable } from '../text/printable.ts';
import { collect, durationArgument, integerArgument } from './arguments.ts';
import { backup, type BackupFlags } from './backup.ts';
import { compare } from './compare.ts';
import { configCheck, configSchemaDocument, configShow } from './config.ts';
import type { CommandContext, GlobalOptions } from './context.ts';
import { doctor } from './doctor.ts';
import { exit, type ExitCode } from './exit.ts';
import { happened, type HappenedFlags } from './happened.ts';
import { installCommands } from './install-commands.ts';
import type { Io } from './io.ts';
import { logs, type LogsFlags } from './logs.ts';
import { decide, operations, type OperationsFlags } from './operations.ts';
import { sandboxCommands } from './sandbox-commands.ts';
import { privileged } from './privilege.ts';
import { probe } from './probe.ts';
import { drain, restart, restore, undo, type RestoreFlags } from './restore.ts';
import {
  forget,
  protect,
  prune,
  snapshots,
  verifySnapshots,
  type VerifySnapshotsFlags,
} from './snapshots.ts';
import { scheduleCommands } from './schedule-commands.ts';
import { requireScreen } from './screen.ts';
import { status } from './status.ts';
import { verify } from './verify.ts';
import { versionCommands, type Runs } from './version-commands.ts';

export interface Faces {
  /** Open the full-screen cockpit; resolves when it was left. */
  cockpit(context: CommandContext): Promise<ExitCode>;
  version: string;
}

/**
 * The command line: argv (without node and script) to an exit code. Rejects for nothing: what goes wrong is said on
 * standard error, in one line where one line will do.
 */
export async function main(argv: readonly string[], io: Io, faces: Faces): Promise<ExitCode> {
  let code: ExitCode = exit.done;
  const program = commandTree(argv, io, faces, (result) => (code = result));
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    return explain(error, io);
  }
}

function explain(error: unknown, io: Io): ExitCode {
  // commander has printed its own words already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exit.done : exit.usage;
  const words = (error instanceof Error ? error.message : String(error))
    .split('\n')
    .map(printable)
    .join('\n');
  io.err(`t3-cockpit: ${words}\n`);
  if (error instanceof ConfigError || error instanceof UsageProblem) return exit.usage;
  if (error instanceof NeedsDecision) return exit.undecided;
  return error instanceof Refused ? exit.refused : exit.failed;
}

/** The tree of commands: whatever lists them (help, completion, the manual page) is made from it. */
export function commandTree(
  argv: readonly string[],
  io: Io,
  faces: Faces,
  ended: (code: ExitCode) => void,
): Command {
  const program = new Command('t3-cockpit');
  const context = (): CommandContext => ({ io, options: program.opts<GlobalOptions>() });
  const run: Runs =
    (command) =>
    async (...args) =>
      ended(await command(...args));
  /** What changes the host, or has to see all of it first: as root. */
  const change: Runs =
    (command) =>
    async (...args) =>
      ended(await privileged(context(), argv, () => command(...args)));

  program
    .description(
      'The cockpit of a machine on which every user has an own T3 Code server.\nWithout a command: the full-screen cockpit.',
    )
    .version(faces.version, '--version')
    .option('--config <file>', 'the configuration file (or T3_COCKPIT_CONFIG)')
    .option('--set <key=value>', 'a setting over those of the file; may be repeated', collect, [])
    .option('--json', 'documents instead of tables', false)
    .option('--read-only', 'refuse everything that changes the host', false)
    .option('--dry-run', 'show the plan, change nothing', false)
    .option('--yes', 'do not ask', false)
    .addOption(new Option('--surface <name>', 'who calls, for the journal').default('command').hideHelp())
    .addOption(
      new Option('--timeout <duration>', 'wait no longer than this, like 30s').argParser(durationArgument),
    )
    .showHelpAfterError('(t3-cockpit --help lists the commands)')
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: io.err })
    .allowExcessArguments()
    .action(
      run(() => {
        const [unknown] = program.args;
        if (unknown !== undefined)
          throw new UsageProblem(`there is no command ${unknown}; t3-cockpit --help lists them`);
        requireScreen(context(), 't3-cockpit status');
        return privileged(context(), argv, faces.cockpit, faces.cockpit);
      }),
    );

  program
    .command('status')
    .description('the fleet: every user’s server, versions, database, backups')
    .argument('[user...]')
    .option('--watch', 'again and again', false)
    .action(run((users: string[], flags: { watch: boolean }) => status(context(), users, flags.watch)));

  program
    .command('happened')
    .description('what the host’s own jobs, and others, did since somebody last looked')
    .option(
      '--since <duration>',
      'from so long ago on, like 24h, in place of the last look',
      durationArgument,
    )
    .option('--seen', 'and from now on that is old', false)
    .action((flags: HappenedFlags) => (flags.seen ? change : run)(() => happened(context(), flags))());

  program
    .command('backup')
    .description('verified online snapshots of everybody, or of those named; stops nothing')
    .argument('[user...]')
    .option('--kind <kind>', 'manual, daily or prebump', 'manual')
    .option('--cold', 'stop each server for its copy, and start it again', false)
    .option('--detach', 'start it and return', false)
    .action(change((users: string[], flags: BackupFlags) => backup(context(), users, flags)));

  const catalog = program
    .command('snapshots')
    .description('the catalog of snapshots, newest first')
    .argument('[user...]')
    .action(run((users: string[]) => snapshots(context(), users)));
  catalog
    .command('verify')
    .description('read them wholly again, and have the matching t3 open a copy of each')
    .argument('[user...]')
    .option('--snapshot <name>', 'only this one; may be repeated', collect, [])
    .option('--no-trial', 'leave out the test restore')
    .option('--detach', 'start it and return', false)
    .action(
      change((users: string[], flags: VerifySnapshotsFlags) => verifySnapshots(context(), users, flags)),
    );
  catalog
    .command('compare')
    .description('each snapshot of a user against what is there now')
    .argument('<user>')
    .action(run((user: string) => compare(context(), user)));
  catalog
    .command('protect')
    .description('keep one, whatever retention says')
    .argument('<name>')
    .action(change((name: string) => protect(context(), name, true)));
  catalog
    .command('unprotect')
    .description('leave one to retention again')
    .argument('<name>')
    .action(change((name: string) => protect(context(), name, false)));
  catalog
    .command('forget')
    .description('miss one that is gone no longer; removes nothing')
    .argument('<name>')
    .action(change((name: string) => forget(context(), name)));
  catalog
    .command('prune')
    .description('remove what nothing speaks for (snapshots.keep); shows the plan, and acts with --yes')
    .argument('[user...]')
    .option('--detach', 'start it and return', false)
    .action(change((users: string[], flags: { detach: boolean }) => prune(context(), users, flags)));

  program
    .command('probe')
    .description(
      'the pairing handshake, done for real, of everybody or of those named; what it makes is revoked',
    )
    .argument('[user...]')
    .option('--detach', 'start it and return', false)
    .action(change((users: string[], flags: { detach: boolean }) => probe(context(), users, flags)));

  program
    .command('verify')
    .description('probe, and hold what is found against what is expected, for everyone or those named')
    .argument('[user...]')
    .option('--detach', 'start its probes and return', false)
    .action(change((users: string[], flags: { detach: boolean }) => verify(context(), users, flags)));

  program
    .command('restore')
    .description('put a snapshot in the place of a user’s database; what is there is kept')
    .argument('<user>')
    .requiredOption('--snapshot <name>', 'latest, prebump, or the name of one')
    .option('--interrupt-turn', 'also when a turn is in flight, which it cuts off', false)
    .option('--detach', 'start it and return', false)
    .action(change((user: string, flags: RestoreFlags) => restore(context(), user, flags)));

  program
    .command('undo')
    .description('put back what a restore, or a rollback, has replaced, unless work has been done since')
    .argument('<operation>', 'its number', integerArgument)
    .argument('[user...]', 'only these; everybody whose database it has replaced, without names')
    .option('--interrupt-turn', 'also when a turn is in flight, which it cuts off', false)
    .option('--detach', 'start it and return', false)
    .action(change((id: number, users: string[], flags: RestoreFlags) => undo(context(), id, users, flags)));

  program
    .command('restart')
    .description('restart the servers of those named: snapshot, stop, start, handshake; the busy ones later')
    .argument('<user...>')
    .option('--detach', 'start it and return', false)
    .action(change((users: string[], flags: { detach: boolean }) => restart(context(), users, flags)));

  program
    .command('drain')
    .description('restart everybody to whom a restart is owed, and who is idle now')
    .option('--detach', 'start it and return', false)
    .action(change((flags: { detach: boolean }) => drain(context(), flags)));

  versionCommands(program, context, { run, change });
  scheduleCommands(program, context, { run, change });

  const journal = program
    .command('operations')
    .description('the operations of the journal; one of them in full')
    .argument('[id]', 'its number', integerArgument)
    .option('--follow', 'tell what it does until it ends', false)
    .option('--stop', 'ask it to stop at its next safe point', false)
    .option('--recover', 'clear up after what was cut off', false)
    .option('--detach', 'start that and return', false)
    .option('--report', 'as plain text, for a post-mortem', false)
    .option('--limit <count>', 'how many to list', integerArgument, 20)
    .action((id: number | undefined, flags: OperationsFlags) =>
      (flags.stop || flags.recover ? change : run)(() => operations(context(), id, flags))(),
    );
  for (const [name, way, words] of decisions) {
    journal
      .command(name)
      .description(words)
      .argument('<id>', 'its number', integerArgument)
      .option('--detach', 'start it and return', false)
      .action(change((id: number, flags: { detach: boolean }) => decide(context(), id, way, flags.detach)));
  }

  program
    .command('logs')
    .description('what a user’s server wrote, and what was done with it; credentials are left out')
    .argument('<user>')
    .option('-f, --follow', 'go on with what comes', false)
    .option('-n, --lines <count>', 'how many of the newest lines', integerArgument, 100)
    .action(run((user: string, flags: LogsFlags) => logs(context(), user, flags)));

  program
    .command('doctor')
    .description('is this host laid out as configured; what is wrong; what to do; changes nothing')
    .action(run(() => doctor(context())));

  installCommands(program, context, run);

  const config = program.command('config').description('the configuration');
  config
    .command('show')
    .description('as it is used, defaults included')
    .action(run(() => configShow(context())));
  config
    .command('check')
    .description('say what is wrong with it')
    .action(run(() => configCheck(context())));
  config
    .command('schema')
    .description('every key, as a JSON Schema')
    .action(run(() => configSchemaDocument(context())));

  sandboxCommands(program, context, run, faces.cockpit);
  return program;
}

/** What can be decided about an operation that was cut off in the middle of stopping or replacing something. */
const decisions = [
  ['resume', 'resume', 'take one that was cut off to its end'],
  ['rollback', 'roll back', 'take one that was cut off back to where it began'],
  ['abandon', 'abandon', 'leave everything as one that was cut off has left it, and forget it'],
] as const;
