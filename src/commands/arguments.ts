import bytes from 'bytes';
import { InvalidArgumentError } from 'commander';
import ms from 'ms';

/** What stands on the command line as text, as what it means. */

/** An option that may be repeated. */
export function collect(value: string, all: string[]): string[] {
  return [...all, value];
}

/** A positive number. @throws InvalidArgumentError */
export function integerArgument(text: string): number {
  if (!/^\d{1,9}$/.test(text) || Number(text) === 0)
    throw new InvalidArgumentError('expected a positive number');
  return Number(text);
}

/** A duration like 30s, in milliseconds. @throws InvalidArgumentError */
export function durationArgument(text: string): number {
  const value = /^\d+(\.\d+)?\s*[a-z]+$/i.test(text) ? ms(text as ms.StringValue) : undefined;
  if (value === undefined || Number.isNaN(value))
    throw new InvalidArgumentError('expected a duration with its unit, like 30s');
  return value;
}

/** A size like 200mb, in bytes. @throws InvalidArgumentError */
export function sizeArgument(text: string): number {
  const value = /^\d+(\.\d+)?\s*(kb|mb|gb)$/i.test(text) ? bytes.parse(text) : null;
  if (value === null) throw new InvalidArgumentError('expected a size with its unit, like 200mb');
  return value;
}
