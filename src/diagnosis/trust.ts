import { FileProblem, type WayStep } from '../host/files.ts';
import { run, say, unclear, wrong, type Finding } from './finding.ts';
import { modeText } from './placement.ts';
import { asRoot, seesAll, type Diagnosing } from './subject.ts';

const sticky = 0o1000;

/**
 * Can anybody but root decide what this file is? Every folder and link on the way to it counts: who may write to a
 * folder may put another file there.
 *
 * @returns nothing where only root can.
 */
export async function trust(diagnosing: Diagnosing, subject: string, file: string): Promise<Finding[]> {
  let way: WayStep[];
  try {
    way = await diagnosing.host.files.way(file);
  } catch (error) {
    if (!(error instanceof FileProblem)) throw error;
    return [
      error.code === 'EACCES' && !seesAll(diagnosing)
        ? unclear(subject, error.message, asRoot(diagnosing))
        : wrong(subject, error.message, say(`see where ${file} leads (namei -l)`)),
    ];
  }
  return way.flatMap(({ path, facts }): Finding[] => [
    ...(facts.uid === 0
      ? []
      : [
          wrong(
            subject,
            `${path}: belongs to uid ${facts.uid}, who so decides what root runs`,
            run(['chown', '-h', 'root:', path]),
          ),
        ]),
    ...(mayBeSwapped(facts)
      ? [
          wrong(
            subject,
            `${path}: mode ${modeText(facts.mode)}, so others decide what root runs`,
            run(['chmod', 'go-w', path]),
          ),
        ]
      : []),
  ]);
}

/** A link has no mode of its own; in a sticky folder only its owner moves what is root's. */
function mayBeSwapped({ kind, mode }: WayStep['facts']): boolean {
  if (kind === 'link') return false;
  return (mode & 0o022) !== 0 && !(kind === 'directory' && (mode & sticky) !== 0);
}
