import { afterEach, describe, expect, it } from 'vitest';
import { Client, ready } from './client.ts';
import { levelIn, levels } from './state.ts';
import { Bench, type T3 } from './subject.ts';

/**
 * docs/t3-contract.md, Command line and State database: what two versions do to each other through one database.
 *
 * @param newest The newest stand-in, in the place of a newer t3.
 */
export function describeBetweenVersions(t3: T3, newest: T3): void {
  describe('between versions', () => {
    const bench = new Bench(t3);
    const client = new Client(t3, bench);
    afterEach(() => bench.clear());
    const newerList = (base: string) =>
      bench.run(['auth', 'pairing', 'list', '--base-dir', base], { by: newest });

    it.skipIf(t3.version === newest.version)(
      'a newer `list` migrates under a running server, and nothing shows but at pairing',
      async () => {
        const base = bench.folder();
        const server = await ready(bench, base);
        const cookie = await client.cookie(server, (await client.mint(base)).credential);
        const { credential } = await client.mint(base);
        expect((await newerList(base)).exitCode).toBe(0);
        expect(levelIn(base)).toBe(levels[newest.version]);
        expect((await server.request('GET', '/')).status).toBe(200);
        const environment = await server.request('GET', '/.well-known/t3/environment');
        expect(JSON.parse(environment.body)).toMatchObject({ serverVersion: t3.version });
        // From 32 on migrations leave the tables of links and sessions as they are.
        expect((await client.pair(server, credential)).status).toBe(client.scoped ? 200 : 500);
        expect(await client.session(server, { cookie })).toMatchObject({ authenticated: client.scoped });
      },
    );

    it.skipIf(client.scoped)(
      'an old server starts on a newer schema, answers, and is never ready',
      async () => {
        const base = bench.folder();
        await newerList(base);
        const server = await bench.serve(base);
        expect((await server.request('GET', '/')).status).toBe(200);
        const { status, body } = await client.pair(server, 'AAAABBBBCCCC');
        expect([status, body]).toEqual([500, '{"error":"Failed to validate bootstrap credential."}']);
        expect(await server.end('SIGTERM')).toEqual([130, null]);
        expect(server.output.stdout).not.toContain('T3 Code server is ready.');
        expect(levelIn(base)).toBe(levels[newest.version]);
      },
    );

    it.skipIf(client.scoped)('an old command line fails on a newer schema, on standard output', async () => {
      const base = bench.folder();
      await newerList(base);
      const argv = ['auth', 'pairing', 'create', '--base-dir', base, '--ttl', '5m', '--json'];
      const result = await bench.run(argv);
      expect(result).toMatchObject({ exitCode: 1, stderr: '' });
      expect(result.stdout).toContain('AuthControlPlaneError: Failed to create pairing link.');
      expect(result.stdout).toContain('table auth_pairing_links has no column named role');
    });
  });
}
