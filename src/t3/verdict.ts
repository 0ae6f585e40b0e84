/** The way a probe takes: straight to the instance, or through the reverse proxy, as a browser would. */
export type ProbeRoute = 'direct' | 'dispatch';

/**
 * What a probe found. `ok` only when every step was done and seen to work; `unknown` when it could not be tried, which
 * is never a pass; `unmapped` when the dispatch does not know the name.
 */
export type ProbeVerdict = 'ok' | 'broken' | 'unreachable' | 'unmapped' | 'unknown';

/** The step of the handshake that broke. */
export type ProbeStep = 'mint' | 'exchange' | 'cookie';

export interface ProbeResult {
  route: ProbeRoute;
  /** The authentik name that was used; of the dispatch route only. */
  name: string | undefined;
  verdict: ProbeVerdict;
  step: ProbeStep | undefined;
  /** Why it is not ok; or what is to be known although it is. */
  reason: string | undefined;
  /** Where the credential was exchanged. */
  endpoint: string | undefined;
  /** Milliseconds from the exchange to the accepted cookie. */
  latency: number | undefined;
}

/** A probe as it was recorded. */
export interface ProbeRecord extends ProbeResult {
  /** Milliseconds since 1970. */
  at: number;
  /** What the instance ran then. */
  version: string | undefined;
  operation: number | undefined;
}

/** How the probes of one route of a user stand: the last one, and since when it is as it is. */
export interface ProbeStanding {
  last: ProbeRecord;
  /** When the verdict of the last one was first seen without another in between. */
  since: number;
  /** The last one that was ok, if any is remembered. */
  lastOk: ProbeRecord | undefined;
}

const nothing = {
  name: undefined,
  step: undefined,
  reason: undefined,
  endpoint: undefined,
  latency: undefined,
} as const;

/** A result of a route, with what is given. */
export function probeResult(
  route: ProbeRoute,
  verdict: ProbeVerdict,
  about: Partial<Omit<ProbeResult, 'route' | 'verdict'>> = {},
): ProbeResult {
  return { ...nothing, route, verdict, ...about };
}

/** A result in words: `dispatch alice: broken at mint: …`. */
export function probeText({ route, name, verdict, step, reason }: ProbeResult): string {
  const where = name === undefined ? route : `${route} ${name}`;
  const at = step === undefined ? '' : ` at ${step}`;
  return `${where}: ${verdict}${at}${reason === undefined ? '' : `: ${reason}`}`;
}
