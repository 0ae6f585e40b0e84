import type { Observation } from '../../fleet/observation.ts';

/** Every JSON document of the command line carries the number of its shape (docs/json.md). */
export const documentSchema = 1;

/** One document, for people to read and programs to parse. */
export function jsonDocument(document: object): string {
  return `${JSON.stringify({ schema: documentSchema, ...document }, undefined, 2)}\n`;
}

/** One line of a stream. */
export function jsonLine(document: object): string {
  return `${JSON.stringify({ schema: documentSchema, ...document })}\n`;
}

export function isoTime(wall: number | undefined): string | null {
  return wall === undefined ? null : new Date(wall).toISOString();
}

/** An observation as JSON: what is known with its time; what is not, with the reason and what was known last. */
export function observationJson<Value>(
  observation: Observation<Value>,
  show: (value: Value) => unknown,
): object {
  switch (observation.kind) {
    case 'pending':
      return { state: 'unknown', reason: 'not looked at in time' };
    case 'known':
      return { state: 'known', at: isoTime(observation.at.wall), value: show(observation.value) };
    case 'unknown':
      return {
        state: 'unknown',
        at: isoTime(observation.at.wall),
        reason: observation.reason,
        ...(observation.last === undefined
          ? {}
          : { last: { at: isoTime(observation.last.at.wall), value: show(observation.last.value) } }),
      };
  }
}
