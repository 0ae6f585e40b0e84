import type { EventRecord, StepRecord } from '../journal/records.ts';

/** An event in words, without its time and user; the same in the pane and on the command line. */
export function eventText(event: EventRecord, steps: readonly StepRecord[]): string {
  const { payload } = event;
  switch (payload.type) {
    case 'text':
      return payload.text;
    case 'command':
      return `$ ${payload.argv.join(' ')}${payload.as === undefined ? '' : ` (as ${payload.as})`}`;
    case 'output':
      return payload.text;
    case 'step': {
      const title = steps.find((step) => step.id === event.step)?.title ?? event.step ?? '';
      return `${title}: ${payload.state}${payload.reason === undefined ? '' : `: ${payload.reason}`}`;
    }
    case 'operation':
      if (payload.outcome === undefined) return `operation ${payload.state}`;
      return `operation ${payload.outcome}${payload.reason === undefined ? '' : `: ${payload.reason}`}`;
  }
}
