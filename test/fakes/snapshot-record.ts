/** What is recorded of a snapshot of vera's. */
export const snapshotRecord = {
  user: 'vera',
  kind: 'manual' as const,
  folder: '/b',
  file: 'x.sqlite',
  takenAt: 5,
  version: undefined,
  bytes: 1,
  sha256: 'a'.repeat(64),
  pageSize: 4096,
  migrations: [{ id: 30, name: 'n' }],
  work: { projects: 1, threads: 2, messages: 3, turns: 4 },
  verifiedAt: 6,
  operation: 1,
};
