import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import { http } from '../../host/node-http.ts';
import { packageName, type Layout } from '../layout.ts';
import type { VersionProfile } from '../stand-in/profiles.ts';
import { profiles } from '../stand-in/versions.ts';
import { manifestOf, tarballOf } from './tarball.ts';

/** What is wrong with the source, as `package-source.json` in the sandbox says; absent: nothing. Read at each request. */
const troublesSchema = z.strictObject({
  /** It answers 503. */
  down: z.boolean().default(false),
  /** Milliseconds before each answer. */
  delay: z.int().min(0).default(0),
  /** Versions whose package has other bytes than before, under the same number. */
  altered: z.array(z.string()).default([]),
  /** Versions whose package has other bytes than its document says. */
  corrupt: z.array(z.string()).default([]),
  /** Versions that it does not have. */
  gone: z.array(z.string()).default([]),
});
export type Troubles = z.input<typeof troublesSchema>;

const tags = { latest: '0.0.27', nightly: '0.0.33-nightly.20260808.1031' };

/**
 * The stand-in package source of the sandbox, a simulation of an npm registry that knows one package in several
 * versions, good and bad ones (stand-in/versions.ts), from which npm really installs.
 */
export class StandInPackageSource {
  readonly #layout: Layout;
  readonly #tarballs = new Map<string, Promise<Buffer>>();
  #port = 0;
  readonly #server = http.createServer((request, response) => {
    void this.#answer(request.url ?? '/', response).catch((error: unknown) => {
      process.stdout.write(`${request.method} ${request.url}: ${String(error)}\n`);
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  async listen(port: number): Promise<void> {
    this.#port = port;
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(url: string, response: ServerResponse): Promise<void> {
    const troubles = this.#troubles();
    if (troubles.delay > 0) await delay(troubles.delay);
    if (troubles.down) return void response.writeHead(503).end();
    const there = profiles.filter(({ version }) => !troubles.gone.includes(version));
    if (url === `/${packageName}`) {
      const document = await this.#document(there, troubles.altered);
      return void response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify(document));
    }
    const profile = there.find(({ version }) => url === tarballPath(version));
    if (profile === undefined) return void response.writeHead(404).end('{}');
    const altered = [...troubles.altered, ...troubles.corrupt].includes(profile.version);
    response.writeHead(200, { 'content-type': 'application/octet-stream' });
    response.end(await this.#tarball(profile, altered));
  }

  async #document(there: readonly VersionProfile[], altered: readonly string[]): Promise<object> {
    const versions = await Promise.all(
      there.map(async (profile) => {
        const tarball = await this.#tarball(profile, altered.includes(profile.version));
        const dist = {
          tarball: `http://127.0.0.1:${this.#port}${tarballPath(profile.version)}`,
          integrity: `sha512-${createHash('sha512').update(tarball).digest('base64')}`,
          unpackedSize: tarball.length,
        };
        return [profile.version, { ...manifestOf(profile), dist }] as const;
      }),
    );
    return { name: packageName, 'dist-tags': tags, versions: Object.fromEntries(versions) };
  }

  #tarball(profile: VersionProfile, altered: boolean): Promise<Buffer> {
    const key = `${profile.version}${altered ? ' altered' : ''}`;
    const made = this.#tarballs.get(key) ?? tarballOf(profile, altered);
    this.#tarballs.set(key, made);
    return made;
  }

  #troubles(): z.output<typeof troublesSchema> {
    const { packageTroubles } = this.#layout;
    return troublesSchema.parse(
      existsSync(packageTroubles) ? JSON.parse(readFileSync(packageTroubles, 'utf8')) : {},
    );
  }
}

const tarballPath = (version: string) => `/${packageName}/-/${packageName}-${version}.tgz`;
