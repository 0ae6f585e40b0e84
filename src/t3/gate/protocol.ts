import * as z from 'zod';

/**
 * The conversation with the gate's prober, which runs beside the server under trial, where nobody else reaches it: one
 * request as JSON on standard input; lines of JSON on standard output, the last of which is the report. The server
 * under trial may do anything to it, so the lines are parsed like any foreign text.
 */
export interface TrialRequest {
  binary: string;
  baseDir: string;
  /** The address to bind to, as production does. */
  bind: string;
  /** Where credentials are exchanged, in order, as the dispatch does. */
  pairingPaths: readonly string[];
  /** Milliseconds: for the first answer, for a call of t3, for a request, and how long to watch it afterwards. */
  startTimeout: number;
  t3Timeout: number;
  httpTimeout: number;
  watch: number;
  /** Bytes. */
  maxBody: number;
}

const words = z.string().max(2000);

export const reportSchema = z.object({
  /** Why there was no trial at all: that says nothing of the version. */
  problem: words.nullable(),
  /** Milliseconds from its start to its first answer; null when it did not answer. */
  startMs: z.number().nullable(),
  /** What it says that it is. */
  version: words.nullable(),
  /** It wrote that it is ready. An old server on a newer schema answers, and never does (docs/t3-contract.md). */
  ready: z.boolean(),
  /** What it calls its session cookie. */
  cookie: words.nullable(),
  pairing: z.object({
    verdict: z.enum(['ok', 'broken', 'unreachable', 'unknown']),
    step: z.enum(['mint', 'exchange', 'cookie']).nullable(),
    reason: words.nullable(),
    endpoint: words.nullable(),
  }),
  /** The most memory that it had resident, bytes. */
  memory: z.number().nullable(),
  /** How it ended before it was stopped; null when it had to be stopped. */
  ended: words.nullable(),
  /** What its log has of warnings, errors and migrations. */
  log: z.array(words).max(100),
});
/** What was seen of a server under trial. */
export type TrialReport = z.output<typeof reportSchema>;

export const lineSchema = z.union([z.object({ doing: words }), z.object({ report: reportSchema })]);
export type TrialLine = z.output<typeof lineSchema>;
