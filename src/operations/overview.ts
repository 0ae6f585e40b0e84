import * as z from 'zod';

/**
 * What a move of versions means for each user, and what it takes: the page that somebody reads before they agree to it.
 * The steps say how. Plain values, recorded with the plan.
 */
export const overviewSchema = z.object({
  users: z.array(
    z.object({
      user: z.string(),
      /** The version that they have, as far as is known, and the one that they get. */
      from: z.string().nullable(),
      to: z.string(),
      /** The highest migration of their database, and what it will be; null where nobody can tell yet. */
      schema: z.object({ from: z.int().nullable(), to: z.int().nullable() }),
      /** Of their database now. */
      bytes: z.number(),
      /** `later`: they are owed it. `off`: their server is meant to be off, and stays so. */
      when: z.enum(['now', 'later', 'off']),
      /** Why later. */
      why: z.string().nullable(),
      /** What would be given up of their work; null for nothing. */
      givesUp: z.string().nullable(),
    }),
  ),
  /** What the copies take at most, and what is free where they go; null where that cannot be told. */
  space: z.object({ folder: z.string(), bytes: z.number(), free: z.number().nullable() }),
});
export type Overview = z.output<typeof overviewSchema>;
export type OverviewUser = Overview['users'][number];

/** Where something is done now, later, or when somebody starts a server again. */
export const whenOf = ({ off, later }: { off: boolean; later: string | undefined }): OverviewUser['when'] =>
  off ? 'off' : later === undefined ? 'now' : 'later';
