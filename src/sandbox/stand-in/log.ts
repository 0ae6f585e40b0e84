import { inspect } from 'node:util';

/** A line of t3's own log. All of it goes to standard output, errors too (docs/t3-contract.md, Command line). */
export function log(level: 'INFO' | 'WARN' | 'ERROR', fiber: number, message: string): void {
  process.stdout.write(`[${clock(new Date())}] ${level} (#${fiber}): ${message}\n`);
}

/** The two lines around a migration. @param run migrates, and says what ran. */
export function logMigrations(fiber: number, run: () => string[]): void {
  log('INFO', fiber, 'Running all migrations...');
  log('INFO', fiber, `Migrations ran successfully ${inspect({ migrations: run() })}`);
}

/** An error with the errors that caused it, each a step further in. */
export function causes(error: unknown, indent = '  '): string {
  if (!(error instanceof Error)) return `${indent}[cause]: ${String(error)}\n`;
  const head = `${indent}[cause]: ${error.name}: ${error.message}\n`;
  return error.cause === undefined ? head : head + causes(error.cause, `${indent}  `);
}

function clock(time: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const seconds = `${two(time.getSeconds())}.${String(time.getMilliseconds()).padStart(3, '0')}`;
  return `${two(time.getHours())}:${two(time.getMinutes())}:${seconds}`;
}
