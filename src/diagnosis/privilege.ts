import path from 'node:path';
import semver from 'semver';
import { complaint, failureText } from '../host/commands.ts';
import { attention, ok, run, say, type Finding } from './finding.ts';
import { nodeRange } from './runtime.ts';
import { own, type Diagnosing } from './subject.ts';

/** How an admin becomes root for this program, as `privilege` says; and how the dispatch acts for each user. */
export async function becomingRoot(diagnosing: Diagnosing): Promise<Finding[]> {
  const { config } = diagnosing;
  if (config.sandbox !== undefined) return [];
  switch (config.privilege) {
    case 'sudo':
      return sudo(diagnosing);
    case 'doas':
      return [...(await doas(diagnosing)), ...(await sudoOfDispatch(diagnosing))];
    case 'run0':
      return [...(await run0(diagnosing)), ...(await sudoOfDispatch(diagnosing))];
    case 'none':
      return [
        ok('becoming root', 'nobody is asked (privilege: none): whoever is not root only looks'),
        ...(await sudoOfDispatch(diagnosing)),
      ];
  }
}

/** Run something that answers without a question, or not at all. */
const ask = ({ host, config }: Diagnosing, ...argv: [string, ...string[]]) =>
  host.commands.run(argv, { timeout: config.limits.commandTimeout });

const missing = (name: string, where: string, instead: string): Finding =>
  attention(
    name,
    `there is none, and privilege: ${name} says that it makes an admin root`,
    run(['apt-get', 'install', where], `on Debian; or ${instead}`),
  );

/** The dispatch of docs/host.md mints for each user through sudo, whatever an admin becomes root by. */
async function sudoOfDispatch(diagnosing: Diagnosing): Promise<Finding[]> {
  return (await ask(diagnosing, 'sudo', '--version')).failure === 'start' ? [noSudo] : [];
}

const noSudo: Finding = attention(
  'sudo',
  'there is none',
  run(['apt-get', 'install', 'sudo'], 'the reference dispatch mints through it; on Debian'),
);

const doasFile = '/etc/doas.conf';

/**
 * doas(1). Asked without a prompt: `-n` fails where it would have asked for a password. Root needs no rule; whether there
 * is one for an admin only the admin can find out.
 */
async function doas(diagnosing: Diagnosing): Promise<Finding[]> {
  const { uid } = diagnosing;
  const rules = ['doas', '-C', uid === 0 ? doasFile : '/dev/null'] as const;
  const found = await ask(diagnosing, ...rules);
  if (found.failure === 'start')
    return [missing('doas', 'opendoas', 'another privilege in the configuration')];
  const failure = failureText(found);
  if (failure !== undefined)
    return [
      attention(
        'doas',
        `lets nobody: ${complaint(found) || failure}`,
        say(
          `write ${doasFile}: permit persist NAME as root (doas.conf(5)); nothing is installed there by itself`,
        ),
      ),
    ];
  if (uid === 0) return [ok('doas', `${doasFile} can be read by it`)];
  return [await letsUs(diagnosing, 'doas', ['doas', '-n', '--', 'true'], /authentication required/i)];
}

/** run0(1), which asks polkit. */
async function run0(diagnosing: Diagnosing): Promise<Finding[]> {
  const found = await ask(diagnosing, 'run0', '--version');
  if (found.failure === 'start')
    return [
      attention(
        'run0',
        'there is none, and privilege: run0 says that it makes an admin root',
        say('it comes with systemd 256; set privilege to sudo or doas'),
      ),
    ];
  return [
    await letsUs(
      diagnosing,
      'run0',
      ['run0', '--no-ask-password', '--', 'true'],
      /interactive authentication required/i,
    ),
  ];
}

/** Would it let us without a question, after one, or not at all? */
async function letsUs(
  diagnosing: Diagnosing,
  tool: 'doas' | 'run0',
  argv: [string, ...string[]],
  wouldAsk: RegExp,
): Promise<Finding> {
  const found = await ask(diagnosing, ...argv);
  const failure = failureText(found);
  if (failure === undefined) return ok(tool, 'without a password');
  const words = complaint(found) || failure;
  return wouldAsk.test(words)
    ? ok(tool, 'asks for a password')
    : attention(
        tool,
        `does not let uid ${diagnosing.uid}: ${words}`,
        tool === 'doas'
          ? say(`a line in ${doasFile} for them (doas.conf(5)), or run it as root`)
          : say('see the rules of polkit for org.freedesktop.systemd1.manage-units, or run it as root'),
      );
}

/**
 * sudo, by which an admin gets here, and the dispatch to each user. Asked without a prompt: `-n` fails where it would
 * have asked for a password.
 */
async function sudo(diagnosing: Diagnosing): Promise<Finding[]> {
  const { uid } = diagnosing;
  const present = await ask(diagnosing, 'sudo', '--version');
  if (present.exitCode !== 0) return [noSudo];
  const found = await ask(diagnosing, 'sudo', '-n', 'printenv', 'PATH');
  const failure = failureText(found);
  if (failure !== undefined)
    return [
      uid === 0
        ? attention('sudo', `refuses root: ${complaint(found)}`, say('see /etc/sudoers (visudo -c)'))
        : ok('sudo', 'asks for a password'),
    ];
  return [ok('sudo', 'without a password'), ...(await secureFolders(diagnosing, found.stdout.trim()))];
}

/** What `sudo t3-cockpit` would find: sudo has its own idea of PATH (sudoers(5), secure_path). */
async function secureFolders(diagnosing: Diagnosing, list: string): Promise<Finding[]> {
  const { host } = diagnosing;
  const folders = list.split(':').filter((folder) => folder.startsWith('/'));
  const find = async (name: string): Promise<string | undefined> => {
    for (const folder of folders) {
      const file = path.join(folder, name);
      if ((await host.files.lookThrough(file))?.kind === 'file') return file;
    }
    return undefined;
  };
  const [node, door] = await Promise.all([find('node'), find('t3-cockpit')]);
  const remedy = run(['sudo', ...own(diagnosing)], 'call it by its full path');
  if (door === undefined) return [attention('sudo t3-cockpit', `it is not on sudo’s PATH (${list})`, remedy)];
  if (node === undefined)
    return [attention('sudo t3-cockpit', `there is no node on sudo’s PATH (${list})`, remedy)];
  const asked = await ask(diagnosing, node, '--version');
  const version = asked.stdout.trim().replace(/^v/, '');
  return [
    asked.exitCode === 0 && semver.satisfies(version, nodeRange)
      ? ok('sudo t3-cockpit', `${door}, by ${node} ${version}`)
      : attention('sudo t3-cockpit', `it would run by ${node} ${version}, which is too old`, remedy),
  ];
}
