import { FileProblem, type FileFacts } from '../host/files.ts';
import { run, say, unclear, wrong, type Finding } from './finding.ts';
import { asRoot, seesAll, type Diagnosing } from './subject.ts';

/** Whose something is to be. */
export interface Owner {
  uid: number;
  name: string;
}

export interface Placement {
  kind: 'file' | 'directory';
  owner: Owner;
  /** Bits that its mode must not have: 0o022 nobody else may write it, 0o077 nobody else may touch it at all. */
  forbidden: 0o022 | 0o077;
}

const kinds: Readonly<Record<FileFacts['kind'], string>> = {
  file: 'a file',
  directory: 'a folder',
  link: 'a symbolic link',
  other: 'neither a file nor a folder',
};

export const nothingThere = (path: string): string => `${path}: there is nothing`;

/** Look at a path from outside; what forbids looking is a finding, and unknown where root would see more. */
export async function lookAt(
  diagnosing: Diagnosing,
  subject: string,
  path: string,
): Promise<{ facts: FileFacts | undefined } | { finding: Finding }> {
  try {
    return { facts: await diagnosing.host.files.look(path) };
  } catch (error) {
    if (!(error instanceof FileProblem)) throw error;
    const denied = error.code === 'EACCES' && !seesAll(diagnosing);
    return {
      finding: denied
        ? unclear(subject, error.message, asRoot(diagnosing))
        : wrong(subject, error.message, say('make every part of the path a folder that can be looked into')),
    };
  }
}

/** Is it what it is to be? One finding for each thing that it is not, with the command that makes it so. */
export function judge(subject: string, path: string, facts: FileFacts, expected: Placement): Finding[] {
  if (facts.kind !== expected.kind) return belonging(subject, path, facts, expected.kind, expected.owner);
  const others = facts.mode & expected.forbidden;
  return [
    ...belonging(
      subject,
      path,
      facts,
      expected.kind,
      expected.owner,
      run(['chown', `${expected.owner.name}:`, path]),
    ),
    ...(others === 0
      ? []
      : [
          wrong(
            subject,
            `${path}: mode ${modeText(facts.mode)}, so others may ${(others & 0o022) === 0 ? 'read' : 'write'} it`,
            run(['chmod', expected.forbidden === 0o077 ? 'go=' : 'go-w', path]),
          ),
        ]),
  ];
}

/**
 * As `judge`, of its kind and owner only, and without a command: for what lies where a user may swap one part of the path
 * for a link while root's chown is on its way.
 */
export function belonging(
  subject: string,
  path: string,
  facts: FileFacts,
  kind: Placement['kind'],
  owner: Owner,
  remedy = say(`see that no part of the path is a link (ls -ld), then chown -h ${owner.name}: ${path}`),
): Finding[] {
  if (facts.kind !== kind)
    return [
      wrong(
        subject,
        `${path}: is ${kinds[facts.kind]}, not ${kinds[kind]}`,
        say(
          facts.kind === 'link'
            ? 'put what it leads to in its place, or name that in the configuration: links are not followed'
            : 'move it away',
        ),
      ),
    ];
  return facts.uid === owner.uid
    ? []
    : [
        wrong(
          subject,
          `${path}: belongs to ${facts.uid === 0 ? 'root' : `uid ${facts.uid}`}, not to ${owner.name}`,
          remedy,
        ),
      ];
}

export const modeText = (mode: number): string => mode.toString(8).padStart(4, '0');
