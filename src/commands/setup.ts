import path from 'node:path';
import { expand } from '../config/expand.ts';
import type { Config } from '../config/schema.ts';
import { callerName } from '../host/invocation.ts';
import { doorCommand } from '../host/program.ts';
import { UsageProblem } from '../operations/errors.ts';
import { currentActor } from '../operations/submit.ts';
import { loadConfigFor, type CommandContext } from './context.ts';
import { exit, type ExitCode } from './exit.ts';
import { jsonDocument } from './render/json.ts';

/** What may be laid onto a host for this program: a file each. */
export const setupParts = ['sudoers', 'tmpfiles', 'journald'] as const;
export type SetupPart = (typeof setupParts)[number];

interface Suggestion {
  part: SetupPart;
  file: string;
  mode: string;
  /** Whether it is right, as a command that changes nothing. */
  check: string;
  text: string;
}

/** `setup --print [PART]`: the files that an admin may want, for them to read and to put there. Writes nothing. */
export function setup(
  context: CommandContext,
  part: SetupPart | undefined,
  { print }: { print: boolean },
): ExitCode {
  if (!print) throw new UsageProblem('it edits nothing by itself: setup --print shows what it suggests');
  const { config } = loadConfigFor(context);
  const { environment, out } = context.io;
  const who = callerName(environment) ?? currentActor('', environment).user;
  const suggested = suggestions(config, who).filter((each) => part === undefined || each.part === part);
  if (context.options.json) out(jsonDocument({ files: suggested }));
  // One part alone is the file, to be piped to where it belongs.
  else if (part !== undefined) out(suggested.map(({ text }) => text).join(''));
  else
    out(
      suggested
        .map(
          ({ part: name, file, mode, check, text }) =>
            `# ---- ${file} (mode ${mode})\n# t3-cockpit setup --print ${name} | sudo install -m ${mode} /dev/stdin ${file} && ${check}\n\n${text}`,
        )
        .join('\n'),
    );
  return exit.done;
}

function suggestions(config: Config, who: string): Suggestion[] {
  const door = doorCommand().map(sudoersWord).join(' ');
  const backups = path.dirname(expand(config.paths.backups, { user: '-' }));
  return [
    {
      part: 'sudoers',
      file: '/etc/sudoers.d/t3-cockpit',
      mode: '0440',
      check: 'sudo visudo -c',
      text: `# Lets ${who} have t3-cockpit be root without a password. Only for somebody who may be root anyway: the
# configuration that they hand to it says which programs it runs. Without this line sudo asks for the password.
${sudoersWord(who)} ALL=(root) NOPASSWD: ${door} *
`,
    },
    {
      part: 'tmpfiles',
      file: '/etc/tmpfiles.d/t3-cockpit.conf',
      mode: '0644',
      check: 'sudo systemd-tmpfiles --create /etc/tmpfiles.d/t3-cockpit.conf',
      text: `# The journal and the host lock; compiled code; where each user's own backup folder lies. t3-cockpit makes the first
# two by itself, closed to all others; nothing here is ever cleaned up by age.
d ${config.paths.state} 0700 root root -
d /var/cache/t3-cockpit 0700 root root -
d ${backups} 0755 root root -
`,
    },
    {
      part: 'journald',
      file: '/etc/systemd/journald.conf.d/t3-cockpit.conf',
      mode: '0644',
      check: 'sudo systemctl restart systemd-journald',
      text: `# t3-cockpit writes no log files: its operations are kept in ${config.paths.state} (the newest ${config.journal.operations}), and
# what runners and servers print goes to the systemd journal. This keeps that over a restart, and bounds it.
[Journal]
Storage=persistent
SystemMaxUse=1G
`,
    },
  ];
}

/** sudoers(5): these have a meaning in a command, or a name. */
const sudoersWord = (word: string): string =>
  word.replace(/[\\,:=*?[\]!\s"#]/g, (character) => `\\${character}`);
