import { startsAs, type Instance } from '../../fleet/fleet.ts';
import { freshness, valueOf, type Observation } from '../../fleet/observation.ts';
import { pinText } from '../../fleet/pins.ts';
import { schemaLevel } from '../../t3/state-database.ts';
import { cell, type Cell } from '../../view/cell.ts';
import { ageText, bytesText, dateText, pad } from '../../view/format.ts';
import { backupCell, type Seeing } from '../../view/instance.ts';
import { unitCell, unitWords } from '../../view/unit.ts';
import { pinsText } from '../../view/pins.ts';
import { probeCell } from '../../view/probe.ts';
import { instanceProblems } from '../../view/problems.ts';
import { clip, lineWidth, segment, type Line } from './line.ts';

/** What is known of one instance, a line a fact, with the reason where something is not. */
export function factLines(instance: Instance, seeing: Seeing, columns: number): Line[] {
  const { wall, tick, config } = seeing;
  const { cadence } = config;
  const facts: [string, Cell[]][] = [
    ['authentik', [cell(instance.authentik.join(', '))]],
    [
      'unit',
      [
        cell(`${instance.unitName}  `),
        ...fact(instance.unit, tick, cadence.units, (unit) => [
          unitCell(unit),
          cell(unit.mainPid === undefined ? '' : `  pid ${unit.mainPid}`, 'muted'),
        ]),
      ],
    ],
    ['listens', fact(instance.port, tick, cadence.accounts, (port) => [cell(`port ${port}`)])],
    [
      'answers',
      fact(instance.liveness, tick, cadence.liveness, ({ version, latency }) => [
        cell(`${version} in ${Math.max(1, Math.round(latency))} ms`),
      ]),
    ],
    ['pairing', fact(instance.probes, tick, cadence.state, (standings) => [probeCell(standings, seeing)])],
    [
      'schema',
      fact(instance.state, tick, cadence.state, ({ migrations }) => [
        cell(schemaText(schemaLevel(migrations))),
      ]),
    ],
    [
      'database',
      fact(instance.size, tick, cadence.state, ({ database, wal }) => [
        cell(`${bytesText(database)} + ${bytesText(wal)} write-ahead log`),
      ]),
    ],
    [
      'last work',
      fact(instance.state, tick, cadence.state, ({ lastActivity, inFlight }) => [
        cell(
          lastActivity === null
            ? 'none yet'
            : `${dateText(lastActivity)}, ${ageText(wall - lastActivity)} ago`,
        ),
        cell(inFlight === 0 ? '' : `  ${inFlight} turn${inFlight === 1 ? '' : 's'} in flight`, 'busy'),
      ]),
    ],
    ['backup', fact(instance.snapshots, tick, cadence.snapshots, (entries) => [backupCell(entries, seeing)])],
    [
      'hosting',
      fact(instance.hosting, tick, cadence.units, (hosting) => [
        hosting.hosts ? cell(`yes: ${hosting.because}`, 'attention') : cell('no', 'muted'),
      ]),
    ],
    ...heldFact(instance),
    ...deferralFact(instance, wall),
  ];
  const problems = instanceProblems(instance, wall).map((words) =>
    line('!', [cell(words, 'danger')], columns),
  );
  return [...problems, ...inColumns(facts, columns)];
}

/** From so many columns on, facts stand in two columns; the second begins in the middle. */
const roomForTwo = 104;

function inColumns(facts: readonly [string, Cell[]][], columns: number): Line[] {
  if (columns < roomForTwo) return facts.map(([name, cells]) => line(name, cells, columns));
  const half = Math.floor(columns / 2);
  const height = Math.ceil(facts.length / 2);
  return facts.slice(0, height).map(([name, cells], index) => {
    const left = line(name, cells, half - 1);
    const beside = facts[index + height];
    if (beside === undefined) return left;
    return [
      ...left,
      segment(' '.repeat(Math.max(0, half - lineWidth(left)))),
      ...line(beside[0], beside[1], columns - half),
    ];
  });
}

/** What is known beyond what the pane has room for: the versions it should run, and its unit in numbers. */
export function furtherLines(
  instance: Instance,
  { fleet, wall, tick, config }: Seeing,
  columns: number,
): Line[] {
  const { installed } = config.cadence;
  const unit = valueOf(instance.unit);
  const words = unit === undefined ? undefined : unitWords(unit);
  return [
    // A sentence: half a line is not enough for it.
    ...(words === undefined ? [] : [line('meaning', [cell(words)], columns)]),
    ...inColumns(
      [
        ['installed', fact(fleet.installed, tick, installed, (version) => [cell(version)])],
        ['pinned', fact(fleet.pins, tick, installed, (pins) => [cell(pinsText(pins))])],
        ...unitFacts(instance, wall),
      ],
      columns,
    ),
  ];
}

/** The versions of one user: what runs, what would be started, what is installed and pinned, and which schema fits. */
export function versionLines(instance: Instance, seeing: Seeing, columns: number): Line[] {
  const { fleet, tick } = seeing;
  const { cadence } = seeing.config;
  const starts = startsAs(fleet, instance.user);
  const running = valueOf(instance.liveness)?.version;
  const rows: [string, Cell[]][] = [
    ['runs', fact(instance.liveness, tick, cadence.liveness, ({ version }) => [cell(version)])],
    [
      'starts as',
      [
        starts === undefined
          ? cell('unknown', 'unknown')
          : cell(starts, running === undefined || starts === running ? 'plain' : 'attention'),
      ],
    ],
    ['installed', fact(fleet.installed, tick, cadence.installed, (version) => [cell(version)])],
    ['pinned', fact(fleet.pins, tick, cadence.accounts, (pins) => [cell(pinsText(pins))])],
    [
      'pin files',
      fact(fleet.pins, tick, cadence.accounts, ({ readings }) => [
        cell(
          readings.map(({ file, pin }) => `${file}: ${pin === undefined ? '?' : pinText(pin)}`).join('; '),
          'muted',
        ),
      ]),
    ],
    [
      'last good',
      fact(fleet.lastGood, tick, cadence.accounts, (version) => [
        cell(version ?? 'this host keeps none', 'muted'),
      ]),
    ],
    [
      'schema',
      fact(instance.state, tick, cadence.state, ({ migrations }) => [
        cell(schemaText(schemaLevel(migrations))),
      ]),
    ],
    [
      'migrated',
      fact(instance.state, tick, cadence.state, ({ migratedAt }) => [
        cell(migratedAt === null ? 'not known' : dateText(migratedAt), 'muted'),
      ]),
    ],
    ...deferralFact(instance, seeing.wall),
  ];
  return rows.map(([name, cells]) => line(name, cells, columns));
}

function unitFacts(instance: Instance, wall: number): [string, Cell[]][] {
  const unit = valueOf(instance.unit);
  if (unit === undefined) return [];
  const known = (name: string, value: string | undefined): [string, Cell[]][] =>
    value === undefined ? [] : [[name, [cell(value)]]];
  return [
    ...known(
      'since',
      unit.since === undefined ? undefined : `${dateText(unit.since)}, ${ageText(wall - unit.since)} ago`,
    ),
    ...known('restarts', unit.restarts === undefined ? undefined : `${unit.restarts} by itself`),
    ...known('memory', unit.memory === undefined ? undefined : bytesText(unit.memory)),
    ...known('tasks', unit.tasks?.toString()),
    ...known(
      'startup',
      unit.startup === 'disabled' ? 'disabled: it does not start with the machine' : unit.startup,
    ),
    ...known('group', unit.controlGroup),
  ];
}

/** A fact with its name at the left. */
export function line(name: string, cells: readonly Cell[], columns: number): Line {
  return clip(
    [segment(` ${pad(name, 10)} `, 'muted'), ...cells.map(({ text, tone }) => segment(text, tone))],
    columns,
  );
}

function heldFact(instance: Instance): [string, Cell[]][] {
  const program = valueOf(instance.unit)?.heldOn;
  return program === undefined
    ? []
    : [['held', [cell(`on ${program}, until its database goes back or the next boot`, 'attention')]]];
}

function deferralFact(instance: Instance, wall: number): [string, Cell[]][] {
  const owed = valueOf(instance.deferral);
  if (owed === undefined) return [];
  const onto = owed.version === undefined ? '' : ` onto ${owed.version}`;
  return [['owed', [cell(`a restart${onto}, since ${ageText(wall - owed.since)}`, 'attention')]]];
}

/** As `factCell`, of several cells with room for a word more. */
function fact<Value>(
  observation: Observation<Value>,
  tick: number,
  every: number,
  show: (value: Value) => Cell[],
): Cell[] {
  if (observation.kind === 'pending') return [cell('…', 'muted')];
  if (observation.kind === 'unknown') return [cell(`unknown: ${observation.reason}`, 'unknown')];
  const shown = show(observation.value);
  return freshness(observation, tick, every) === 'stale'
    ? [cell('~', 'stale'), ...shown.map(({ text }) => cell(text, 'stale'))]
    : shown;
}

function schemaText(level: { id: number; name: string } | undefined): string {
  return level === undefined ? 'none' : `${level.id} ${level.name}`;
}
