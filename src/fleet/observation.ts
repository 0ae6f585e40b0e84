/**
 * One measured fact. What is not known says why; what was known before stays beside it, as the past. Nothing here is
 * ever shown as fine for want of a measurement.
 */
export type Observation<Value> =
  /** Not looked at yet. */
  | { kind: 'pending' }
  | { kind: 'known'; value: Value; at: Moment }
  | { kind: 'unknown'; reason: string; at: Moment; last?: { value: Value; at: Moment } };

/** When something was measured: for people by the wall clock, for ages by the one that never jumps. Milliseconds. */
export interface Moment {
  wall: number;
  tick: number;
}

export type Freshness = 'pending' | 'fresh' | 'stale' | 'unknown';

export const pending: Observation<never> = { kind: 'pending' };

export function known<Value>(value: Value, at: Moment): Observation<Value> {
  return { kind: 'known', value, at };
}

/** A measurement that failed, keeping what was known before it. */
export function unknown<Value = never>(
  reason: string,
  at: Moment,
  before: Observation<Value> = pending,
): Observation<Value> {
  const last =
    before.kind === 'known'
      ? { value: before.value, at: before.at }
      : before.kind === 'unknown'
        ? before.last
        : undefined;
  return { kind: 'unknown', reason, at, ...(last === undefined ? {} : { last }) };
}

/** The value, where it is known. */
export function valueOf<Value>(observation: Observation<Value>): Value | undefined {
  return observation.kind === 'known' ? observation.value : undefined;
}

/** What follows from a fact, as well known as the fact itself. */
export function follows<Value, Result>(
  observation: Observation<Value>,
  conclude: (value: Value) => Result,
): Observation<Result> {
  switch (observation.kind) {
    case 'pending':
      return observation;
    case 'known':
      return known(conclude(observation.value), observation.at);
    case 'unknown':
      return unknown(observation.reason, observation.at);
  }
}

/**
 * How much an observation can be believed now.
 *
 * @param cadence How often the fact is looked at; three missed looks make it stale.
 */
export function freshness(observation: Observation<unknown>, tick: number, cadence: number): Freshness {
  if (observation.kind !== 'known') return observation.kind;
  return tick - observation.at.tick > cadence * 3 ? 'stale' : 'fresh';
}
