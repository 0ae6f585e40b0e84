/** Somebody of a sandbox, and what their instance is to be an example of. */
export interface SandboxUser {
  name: string;
  authentik: string[];
  /** `busy`: a turn in flight, writing all the time. `idle`: running, quiet. `stopped`: its unit does not run. */
  life: 'busy' | 'idle' | 'stopped';
  /** How much work is in the database. */
  threads: number;
  /** Hours since the last work, and since each older snapshot by the host's own script. */
  quietHours: number;
  snapshotHours: number[];
}

const first: readonly SandboxUser[] = [
  {
    name: 'alice',
    authentik: ['alice', 'alice.liddell@example.org'],
    life: 'idle',
    threads: 24,
    quietHours: 0.4,
    snapshotHours: [9, 33, 57],
  },
  { name: 'bob', authentik: ['bob'], life: 'busy', threads: 12, quietHours: 0, snapshotHours: [31, 55] },
  { name: 'carol', authentik: ['carol'], life: 'stopped', threads: 7, quietHours: 75, snapshotHours: [] },
];

const more = [
  'dave',
  'erin',
  'frank',
  'grace',
  'heidi',
  'ivan',
  'judy',
  'mallory',
  'niaj',
  'olivia',
  'peggy',
  'rupert',
  'sybil',
  'trent',
  'victor',
  'wendy',
];

/**
 * The first `count` users: alice (large on request), bob (busy), carol (stopped), then quiet ones.
 *
 * @param running From so many on, they are all away: their units do not run.
 */
export function sandboxUsers(count: number, running = count): SandboxUser[] {
  return Array.from({ length: count }, (_, index): SandboxUser => {
    const example = first[index];
    if (example !== undefined) return example;
    const name = more[index - first.length] ?? `user${index + 1}`;
    return {
      name,
      authentik: [name],
      life: index < running ? 'idle' : 'stopped',
      threads: 3 + (index % 5),
      quietHours: index,
      snapshotHours: [9 + (index % 3)],
    };
  });
}
