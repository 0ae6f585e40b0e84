/** A line of t3's own log, on standard output like all of them. */
export function logLine(fiber: number, message: string): void {
  process.stdout.write(`[${new Date().toISOString().slice(11, 23)}] INFO (#${fiber}): ${message}\n`);
}
