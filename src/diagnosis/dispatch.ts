import { valueOf } from '../fleet/observation.ts';
import { parseDispatchTable } from '../fleet/ports.ts';
import { HttpFailure, type HttpAnswer } from '../host/http.ts';
import { excerpt } from '../text/printable.ts';
import { attention, ok, orFine, say, unclear, wrong, type Finding } from './finding.ts';
import { systemctl, type Diagnosing, type Subject } from './subject.ts';

/**
 * The reverse proxy in front of the instances, and the table that it finds them by. A page visit under a user's name
 * mints, and opens that user's database with the global t3 (docs/t3-contract.md): no name is ever sent from here.
 */
export const dispatchSubject: Subject = {
  name: 'dispatch',
  checks: { 'dispatch table': table, names: names, entries: entries, dispatch: answers },
};

const correct = ({ config }: Diagnosing) =>
  say(`correct ${config.paths.dispatchTable}, or what generates it`);

function table(diagnosing: Diagnosing): Finding[] {
  const subject = 'dispatch table';
  const { dispatchTable } = diagnosing.fleet;
  if (dispatchTable.kind !== 'known')
    return [
      dispatchTable.kind === 'unknown'
        ? wrong(subject, dispatchTable.reason, correct(diagnosing))
        : unclear(subject, 'not read, for want of a user map'),
    ];
  return orFine(
    dispatchTable.value.map((problem) => wrong(subject, problem, correct(diagnosing))),
    subject,
    'every entry a user and a port',
  );
}

/** Every name of the user map leads to its user; one that does not is locked out, or let in to somebody else. */
function names(diagnosing: Diagnosing): Finding[] {
  const { instances } = diagnosing.fleet;
  const problems = instances.flatMap(({ user, mapping }) =>
    (valueOf(mapping) ?? []).flatMap(({ name, leadsTo }): Finding[] => {
      if (leadsTo?.user === user) return [];
      const found =
        leadsTo === undefined
          ? `${name} is not in the dispatch table: a visit ends with 403`
          : `the dispatch leads ${name} to ${leadsTo.user}`;
      return [wrong(`${user}: dispatch`, found, correct(diagnosing))];
    }),
  );
  const unread = instances.find(({ mapping }) => mapping.kind !== 'known');
  if (unread !== undefined) return [unclear('names', 'without the table it cannot be told where they lead')];
  return orFine(problems, 'names', 'each leads to its user');
}

/** Names that the table lets in and the user map does not know. */
async function entries(diagnosing: Diagnosing): Promise<Finding[]> {
  const { host, config, fleet } = diagnosing;
  const subject = 'entries';
  if (fleet.dispatchTable.kind !== 'known' || fleet.userMap.kind !== 'known')
    return [unclear(subject, 'without table and user map it cannot be told who is too many')];
  const text = await host.files.read(config.paths.dispatchTable, config.limits.fileSize);
  const local = (name: string) => name.replace(/@.*$/, '');
  const mapped = new Set(fleet.instances.flatMap(({ authentik }) => authentik.map(local)));
  const extra = [...parseDispatchTable(text).entries].filter(([name]) => !mapped.has(local(name)));
  return orFine(
    extra.map(([name, { user, port }]) =>
      attention(
        subject,
        `${excerpt(name, 40)} leads to ${excerpt(user, 40)} on port ${port}, and is not in the user map`,
        correct(diagnosing),
      ),
    ),
    subject,
    'none but those of the user map',
  );
}

/** Does anything answer, and does it turn away whom it does not know? */
async function answers(diagnosing: Diagnosing): Promise<Finding[]> {
  const { host, config } = diagnosing;
  const subject = 'dispatch';
  const { url, cookie, unit } = config.dispatch;
  let answer: HttpAnswer;
  try {
    answer = await host.http.fetch(url, {
      timeout: config.limits.httpTimeout,
      maxBody: config.limits.httpBody,
    });
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error;
    const state = (await host.units.show([unit])).get(unit);
    const known = state !== undefined && state.load !== 'not-found';
    return [
      wrong(
        subject,
        `${url}: ${error.message}${known ? `; ${unit} is ${state.active}` : ''}`,
        known
          ? systemctl(diagnosing, ['restart', unit], `see why (journalctl --unit=${unit} --lines=50), then`)
          : say('start the dispatch, or set dispatch.url and dispatch.unit'),
      ),
    ];
  }
  const cookies = [answer.headers['set-cookie'] ?? []].flat();
  if (cookies.some((each) => each.startsWith(`${cookie}=`)))
    return [
      wrong(
        subject,
        `${url} gives a session to whoever asks, without a name`,
        say(`stop it until it refuses a request without ${config.dispatch.header}`),
      ),
    ];
  return answer.status >= 300 && answer.status < 500
    ? [ok(subject, `${url} answers ${answer.status} to a request without a name`)]
    : [
        attention(
          subject,
          `${url} answers ${answer.status} to a request without a name; the dispatch refuses it`,
          say('see that it is the dispatch that listens there (dispatch.url)'),
        ),
      ];
}
