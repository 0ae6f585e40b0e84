import type { Fleet, Instance } from '../../fleet/fleet.ts';
import { pinText } from '../../fleet/pins.ts';
import type { CutOff } from '../../operations/cut-off.ts';
import { newestUsable } from '../../snapshots/catalog.ts';
import { schemaLevel } from '../../t3/state-database.ts';
import { columns, gap, placeColumns } from '../../view/columns.ts';
import { pad } from '../../view/format.ts';
import { instanceCells, type Seeing } from '../../view/instance.ts';
import { pinsText } from '../../view/pins.ts';
import { hostTexts } from '../../view/host.ts';
import { findingCommand, findingsOf, findingText } from '../../view/findings.ts';
import { instanceProblems } from '../../view/problems.ts';
import { isoTime, observationJson } from './json.ts';

/**
 * What needs the admin, the gravest first; and the fleet as a table, as wide as the terminal, or with all columns where
 * there is none.
 *
 * @param notes Lines above it, of what is no fact of the fleet.
 */
export function statusTable(
  seeing: Seeing,
  total: number | undefined,
  notes: readonly string[] = [],
): string {
  const placed =
    total === undefined ? columns.map((column) => ({ ...column, width: column.max })) : placeColumns(total);
  const separator = ' '.repeat(gap);
  const lines = [
    placed.map((column) => pad(column.title, column.width, column.align)).join(separator),
    ...seeing.fleet.instances.map((instance) => {
      const cells = instanceCells(instance, seeing);
      return placed
        .map((column) => pad(cells[column.key].text, column.width, column.align, 'middle'))
        .join(separator);
    }),
  ];
  const findings = findingsOf(seeing.fleet, seeing);
  const needs =
    findings.length === 0 ? [] : [`needs you: ${findings.length}`, ...findings.map(findingText), ''];
  return [...headerLines(seeing), ...notes, ...needs, ...lines].map((line) => `${line.trimEnd()}\n`).join('');
}

/** What concerns the whole host, in lines above the table. */
function headerLines({ config, fleet, wall }: Seeing): string[] {
  const { installed, pins } = fleet;
  const facts = [
    config.host.name,
    `installed ${installed.kind === 'known' ? installed.value : installed.kind === 'unknown' ? `? ${installed.reason}` : '…'}`,
    `pinned ${pins.kind === 'known' ? pinsText(pins.value) : pins.kind === 'unknown' ? `? ${pins.reason}` : '…'}`,
    ...(config.readOnly ? ['read-only'] : []),
  ];
  return [facts.join(' · '), ...hostTexts(fleet, wall)];
}

/** The fleet as a document (docs/json.md, status). */
export function statusDocument({ config, fleet, wall }: Seeing, cutOff: readonly CutOff[]): object {
  return {
    at: isoTime(wall),
    host: config.host.name,
    readOnly: config.readOnly,
    interrupted: cutOff.map(({ operation }) => ({ id: operation.id, kind: operation.kind })),
    installed: observationJson(fleet.installed, (version) => version),
    launcher: observationJson(fleet.launcher, ({ kind }) => kind),
    pinned: observationJson(fleet.pins, ({ agreed, readings }) => ({
      agreed: agreed === undefined ? null : pinText(agreed),
      files: readings.map(({ file, pin, problem }) => ({
        file,
        pin: pin === undefined ? null : pinText(pin),
        problem: problem ?? null,
      })),
    })),
    frozen: observationJson(fleet.freeze, ({ frozen }) => frozen),
    freeze: observationJson(fleet.freeze, (freeze) =>
      freeze.frozen ? { reason: freeze.reason, since: isoTime(freeze.since) } : null,
    ),
    lastGood: observationJson(fleet.lastGood, (version) => version ?? null),
    jobs: observationJson(fleet.jobs, (jobs) =>
      jobs.map(({ since, next, last, ended, barred, ...job }) => ({
        ...job,
        barred: barred ?? null,
        ended: ended ?? null,
        since: isoTime(since),
        next: isoTime(next),
        last: isoTime(last),
      })),
    ),
    userMap: observationJson(fleet.userMap, (problems) => ({ problems })),
    dispatchTable: observationJson(fleet.dispatchTable, (problems) => ({ problems })),
    findings: findingsOf(fleet, { config, wall }).map((found) => ({
      severity: found.tone,
      users: found.users,
      text: found.text,
      advice: found.advice ?? null,
      command: findingCommand(found) ?? null,
    })),
    instances: fleet.instances.map((instance) => instanceDocument(instance, wall)),
  };
}

function instanceDocument(instance: Instance, wall: number): object {
  return {
    user: instance.user,
    problems: instanceProblems(instance, wall),
    authentik: instance.authentik,
    unitName: instance.unitName,
    port: observationJson(instance.port, (port) => port),
    mapping: observationJson(instance.mapping, (names) =>
      names.map(({ name, leadsTo }) => ({ name, leadsTo: leadsTo ?? null })),
    ),
    unit: observationJson(
      instance.unit,
      ({
        load,
        active,
        sub,
        result,
        mainPid,
        exitStatus,
        since,
        restarts,
        memory,
        tasks,
        kills,
        heldOn,
      }) => ({
        load,
        active,
        sub,
        result,
        mainPid: mainPid ?? null,
        exitStatus: exitStatus ?? null,
        since: isoTime(since),
        restarts: restarts ?? null,
        memoryBytes: memory ?? null,
        tasks: tasks ?? null,
        memoryKills: kills ?? null,
        heldOn: heldOn ?? null,
      }),
    ),
    running: observationJson(instance.liveness, ({ version, latency }) => ({
      version,
      latencyMs: Math.round(latency * 10) / 10,
    })),
    schema: observationJson(instance.state, ({ migrations }) => schemaLevel(migrations) ?? null),
    activity: observationJson(instance.state, (state) => ({
      turnsInFlight: state.inFlight,
      turnMovedAt: state.inFlightMoved === null ? null : isoTime(state.inFlightMoved),
      lastActivity: state.lastActivity === null ? null : isoTime(state.lastActivity),
    })),
    size: observationJson(instance.size, ({ database, wal }) => ({ databaseBytes: database, walBytes: wal })),
    backup: observationJson(instance.snapshots, (entries) => {
      const { verified, any } = newestUsable(entries, wall);
      return {
        newestVerified:
          verified === undefined
            ? null
            : { file: `${verified.folder}/${verified.file}`, takenAt: isoTime(verified.takenAt) },
        newest:
          any === undefined
            ? null
            : { file: `${any.folder}/${any.file}`, takenAt: isoTime(any.takenAt), standing: any.standing },
        snapshots: entries.length,
      };
    }),
    probes: observationJson(instance.probes, (standings) =>
      standings.map(({ last, since, lastOk }) => ({
        route: last.route,
        name: last.name ?? null,
        verdict: last.verdict,
        step: last.step ?? null,
        reason: last.reason ?? null,
        endpoint: last.endpoint ?? null,
        latencyMs: last.latency === undefined ? null : Math.round(last.latency),
        at: isoTime(last.at),
        since: isoTime(since),
        lastOkAt: isoTime(lastOk?.at),
      })),
    ),
    deferral: observationJson(instance.deferral, (owed) =>
      owed === undefined ? null : { version: owed.version ?? null, since: isoTime(owed.since) },
    ),
    hosting: observationJson(instance.hosting, (hosting) =>
      hosting.hosts ? { hosts: true, because: hosting.because } : { hosts: false },
    ),
  };
}

/** Does this fleet say that something could not be looked at for everybody? Then the command has failed. */
export function statusFailed(fleet: Fleet): boolean {
  return fleet.userMap.kind !== 'known';
}
