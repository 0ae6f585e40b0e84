import { createHmac, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { BaseDir } from './base-dir.ts';

/** The key that signs an instance's sessions; made at first use, by server and command line alike. */
export function signingKey(base: BaseDir): Buffer {
  return kept(path.join(base.secrets, 'server-signing-key.bin'), () => randomBytes(32), 0o600);
}

/** What an instance is called, for as long as its folder lives. */
export function environmentId(base: BaseDir): string {
  return kept(base.environmentId, () => Buffer.from(`${randomUUID()}\n`), 0o644)
    .toString('utf8')
    .trim();
}

/** A file that is written once: of two that make it at the same time, one wins and both read the same. */
function kept(file: string, make: () => Buffer, mode: number): Buffer {
  try {
    writeFileSync(file, make(), { flag: 'wx', mode });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return readFileSync(file);
}

export function sign(key: Buffer, payload: string): string {
  return createHmac('sha256', key).update(payload).digest('base64url');
}

export function signedBy(key: Buffer, payload: string, signature: string): boolean {
  const expected = Buffer.from(sign(key, payload));
  const given = Buffer.from(signature);
  return expected.length === given.length && timingSafeEqual(expected, given);
}
