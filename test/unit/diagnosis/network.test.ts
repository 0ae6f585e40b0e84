import { describe, expect, it } from 'vitest';
import { dispatchSubject } from '../../../src/diagnosis/dispatch.ts';
import { portsSubject } from '../../../src/diagnosis/ports.ts';
import { known, unknown } from '../../../src/fleet/observation.ts';
import { HttpFailure, type HttpRequest } from '../../../src/host/http.ts';
import { systemProcesses } from '../../../src/host/processes.ts';
import type { Listener } from '../../../src/host/sockets.ts';
import type { UnitState } from '../../../src/host/units/units.ts';
import { diagnosingOf, fakeFiles, line, problems } from '../../fakes/diagnosing.ts';
import { fleetOf, instanceOf, runningUnit, startMoment } from '../../fakes/fleet.ts';
import { FakeClock, fakeHost } from '../../fakes/host.ts';

const environment = (user: string) => `/etc/t3-serve/${user}.env`;

describe('ports', () => {
  const { checks } = portsSubject;
  const ports = (files: Parameters<typeof fakeFiles>[0], uid = 0) =>
    problems(
      checks['ports'],
      diagnosingOf({ uid, fleet: fleetOf(instanceOf('vera')), host: fakeHost({ files: fakeFiles(files) }) }),
    );

  it('are what the dispatch says', async () => {
    expect(await ports({ [environment('vera')]: { text: 'T3_PORT=4100' } })).toEqual([]);
    expect((await ports({ [environment('vera')]: { text: 'T3_PORT=4200' } })).map(line)).toEqual([
      'wrong vera: port: the environment file says 4200, the dispatch leads vera to 4100',
    ]);
  });

  it('cannot be told where the file is closed, and are wrong where it says none', async () => {
    expect((await ports({ [environment('vera')]: 'denied' }, 1000)).map(({ verdict }) => verdict)).toEqual([
      'unknown',
    ]);
    expect((await ports({ [environment('vera')]: 'denied' })).map(({ verdict }) => verdict)).toEqual([
      'wrong',
    ]);
    const [finding] = await ports({ [environment('vera')]: { text: 'SECRET=x\nT3_PORT=99999' } });
    expect(finding?.found).toContain('T3_PORT is no port: "99999"');
    expect(finding?.found).not.toContain('SECRET');
  });

  it('are nobody else’s', async () => {
    const fleet = fleetOf(
      instanceOf('vera'),
      instanceOf('emo'),
      instanceOf('ada', { port: known(4200, startMoment) }),
    );
    expect((await problems(checks['shared ports'], diagnosingOf({ fleet }))).map(line)).toEqual([
      'wrong port 4100: is that of vera and emo',
    ]);
  });
});

describe('who listens', () => {
  const clock = new FakeClock();
  const unit = runningUnit.controlGroup ?? '';
  const judged = (
    found: Partial<Listener>[],
    facts: Partial<UnitState> = {},
    uid = 0,
    group: string | undefined = unit,
  ) =>
    problems(
      portsSubject.checks['listeners'],
      diagnosingOf({
        uid,
        fleet: fleetOf(instanceOf('vera', { unit: known({ ...runningUnit, ...facts }, startMoment) })),
        host: fakeHost({
          clock,
          sockets: {
            listeners: (ports) => {
              expect([...ports]).toEqual([4100]);
              return Promise.resolve(
                found.map((each) => ({ address: '0.0.0.0', port: 4100, uid: 1000, pids: [4711], ...each })),
              );
            },
            answering: () => Promise.reject(new Error('unexpected')),
          },
          processes: {
            ...systemProcesses,
            controlGroup: () => Promise.resolve(group),
            facts: (pid) =>
              Promise.resolve(
                pid === 1
                  ? undefined
                  : { pid, startTime: 1, parent: 1, group: pid, state: 'S', name: 'py\u001b[31mthon' },
              ),
          },
        }),
      }),
    );
  const stopped = { active: 'inactive', sub: 'dead', mainPid: undefined, controlGroup: undefined };

  it('is the unit’s own process, or a child of it', async () => {
    expect(await judged([{}])).toEqual([]);
    expect(await judged([{}], {}, 0, `${unit}/child`)).toEqual([]);
    expect(await judged([], stopped)).toEqual([]);
  });

  it('is nobody: wrong, but for a minute after the start', async () => {
    expect((await judged([])).map(({ verdict }) => verdict)).toEqual(['wrong']);
    expect((await judged([], { since: clock.now() - 2000 })).map(line)).toEqual([
      'attention vera: listens: its unit runs, and nobody listens on port 4100 yet',
    ]);
  });

  it.each([
    ['beside the unit', {}],
    ['while the unit is down', stopped],
  ])('is somebody else, %s', async (_what, facts) => {
    expect((await judged([{}], facts, 0, '/user.slice')).map(line)).toEqual([
      'wrong vera: listens: process 4711 (python, uid 1000) listens on 0.0.0.0:4100, and does not belong to t3-serve@vera.service',
    ]);
  });

  it('is not known: no pass', async () => {
    expect((await judged([{ pids: [] }])).map(({ verdict }) => verdict)).toEqual(['unknown']);
    const denied = await judged([{ pids: [] }], {}, 1000);
    expect(denied.map(({ verdict, remedy }) => [verdict, remedy?.command.startsWith('sudo ')])).toEqual([
      ['unknown', true],
    ]);
  });

  it('is a neighbour whose group only begins alike', async () => {
    expect((await judged([{}], {}, 0, `${unit}x`)).map(({ verdict }) => verdict)).toEqual(['wrong']);
  });

  it('has ended in the meantime', async () => {
    expect(await judged([{ pids: [1] }], {}, 0, '/user.slice')).toEqual([]);
  });
});

describe('the dispatch', () => {
  const { checks } = dispatchSubject;
  const asked: { url: string; options: HttpRequest }[] = [];
  const answering = (status: number, headers: Record<string, string | string[]> = {}) =>
    diagnosingOf({
      host: fakeHost({
        http: {
          fetch: (url, options) => {
            asked.push({ url, options });
            return Promise.resolve({ status, headers, body: '', took: 1 });
          },
          close: () => Promise.resolve(),
        },
      }),
    });

  it.each([
    [403, {}, []],
    [302, { location: '/login' }, []],
    [200, {}, ['attention']],
    [502, {}, ['attention']],
    [302, { 'set-cookie': 't3_session=abc; Path=/' }, ['wrong']],
    [200, { 'set-cookie': ['theme=dark', 't3_session=abc'] }, ['wrong']],
    [403, { 'set-cookie': 't3_session_hint=1' }, []],
  ])('that answers %i with %j to nobody', async (status, headers, verdicts) => {
    const found = await problems(checks['dispatch'], answering(status, headers));
    expect(found.map(({ verdict }) => verdict)).toEqual(verdicts);
    expect(JSON.stringify(found)).not.toContain('abc');
  });

  it('is never told a name: that would mint', () => {
    expect(asked.length).toBeGreaterThan(0);
    for (const { options } of asked) {
      expect(options.method ?? 'GET').toBe('GET');
      expect(Object.keys(options.headers ?? {})).toEqual([]);
    }
  });

  it.each([
    ['loaded', /ECONNREFUSED.*t3-dispatch\.service is inactive/, 'systemctl restart t3-dispatch.service'],
    ['not-found', /ECONNREFUSED\)$/, ''],
  ])('that does not answer, of a unit that is %s', async (load, words, command) => {
    const host = fakeHost({
      http: {
        fetch: () => Promise.reject(new HttpFailure('refused', 'nothing listens there (ECONNREFUSED)')),
        close: () => Promise.resolve(),
      },
      units: {
        backend: 'systemd',
        show: (names) =>
          Promise.resolve(
            new Map(names.map((name) => [name, { ...runningUnit, name, load, active: 'inactive' }])),
          ),
        watch: () => ({ close: () => Promise.resolve() }),
        override: () => Promise.resolve(),
        act: () => Promise.reject(new Error('not expected')),
      },
    });
    const [only, ...others] = await problems(checks['dispatch'], diagnosingOf({ host }));
    expect(others).toEqual([]);
    expect(only?.verdict).toBe('wrong');
    expect(only?.found).toMatch(words);
    expect(only?.remedy?.command).toBe(command);
  });

  it('knows every name, each by its own user, and no others', async () => {
    const fleet = fleetOf(
      instanceOf('vera', {
        authentik: ['vera@example.org', 'v'],
        mapping: known(
          [
            { name: 'vera@example.org', leadsTo: { user: 'emo', port: 1 } },
            { name: 'v', leadsTo: undefined },
          ],
          startMoment,
        ),
      }),
    );
    expect((await problems(checks['names'], diagnosingOf({ fleet }))).map(line)).toEqual([
      'wrong vera: dispatch: the dispatch leads vera@example.org to emo',
      'wrong vera: dispatch: v is not in the dispatch table: a visit ends with 403',
    ]);
    const text = JSON.stringify({ vera: { os_user: 'vera', port: 1 }, eve: { os_user: 'root', port: 22 } });
    const host = fakeHost({ files: fakeFiles({ '/etc/t3-serve/dispatch.json': { text } }) });
    expect((await problems(checks['entries'], diagnosingOf({ fleet, host }))).map(line)).toEqual([
      'attention entries: eve leads to root on port 22, and is not in the user map',
    ]);
  });

  it('has a table, or nothing about it is known', async () => {
    const fleet = {
      ...fleetOf(instanceOf('vera', { mapping: unknown('not JSON', startMoment) })),
      dispatchTable: unknown('not JSON', startMoment),
    };
    const verdicts = async (name: string) =>
      (await problems(checks[name], diagnosingOf({ fleet }))).map(({ verdict }) => verdict);
    expect(await verdicts('dispatch table')).toEqual(['wrong']);
    expect(await verdicts('names')).toEqual(['unknown']);
    expect(await verdicts('entries')).toEqual(['unknown']);
  });
});
