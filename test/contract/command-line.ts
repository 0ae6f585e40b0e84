import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Client, ready } from './client.ts';
import { countIn, databaseOf, layFixture, levelIn, levels, workIn } from './state.ts';
import { Bench, type T3 } from './subject.ts';

/** docs/t3-contract.md, Command line, beyond the transcripts. */
export function describeCommandLine(t3: T3): void {
  describe('the command line', () => {
    const bench = new Bench(t3);
    const client = new Client(t3, bench);
    afterEach(() => bench.clear());

    it('says its version, exactly', async () => {
      const result = await bench.run(['--version']);
      expect(result).toMatchObject({ exitCode: 0, stdout: `t3 v${t3.version}\n`, stderr: '' });
    });

    it('makes a base directory that does not exist, and a credential that is of no use', async () => {
      const base = path.join(bench.folder(), 'not/there');
      const { credential } = await client.mint(base);
      expect(credential).toMatch(/^[A-Z2-9]{12}$/);
      expect(existsSync(databaseOf(base))).toBe(true);
      const elsewhere = await bench.serve(bench.folder());
      expect((await client.pair(elsewhere, credential)).status).toBe(401);
    });

    it('goes to T3CODE_HOME when it is not told where', async () => {
      const base = bench.folder();
      await bench.run(['auth', 'pairing', 'list', '--json'], { env: { T3CODE_HOME: base } });
      expect(existsSync(databaseOf(base))).toBe(true);
    });

    it('migrates by a mere `list`, and keeps everybody’s work', async () => {
      const base = bench.folder();
      layFixture(base, '0.0.24');
      const before = workIn(base);
      expect((await bench.run(['auth', 'pairing', 'list', '--base-dir', base, '--json'])).exitCode).toBe(0);
      expect(levelIn(base)).toBe(levels[t3.version]);
      expect(workIn(base)).toEqual(before);
      // Migration 31 makes everybody pair anew.
      expect(countIn(base, 'auth_sessions')).toBe(client.scoped ? 0 : 2);
    });

    it('lets a link live as long as it is told', async () => {
      const before = Date.now();
      const { expiresAt } = await client.mint(bench.folder());
      const life = Date.parse(expiresAt) - before;
      expect(life).toBeGreaterThanOrEqual(5 * 60_000);
      expect(life).toBeLessThan(5 * 60_000 + bench.patience);
    });

    it('revokes a link and a session, whose rows stay', async () => {
      const base = bench.folder();
      const server = await ready(bench, base);
      const [used, unused] = [await client.mint(base), await client.mint(base)];
      const cookie = await client.cookie(server, used.credential);
      expect(await client.session(server, { cookie })).toMatchObject({ authenticated: true });
      const listed = await bench.run(['auth', 'session', 'list', '--base-dir', base, '--json']);
      const [{ sessionId }] = JSON.parse(listed.stdout) as [{ sessionId: string }];
      for (const argv of [
        ['pairing', 'revoke', unused.id],
        ['session', 'revoke', sessionId],
      ])
        expect(await bench.run(['auth', ...argv, '--base-dir', base])).toMatchObject({
          exitCode: 0,
          stderr: '',
        });
      expect((await client.pair(server, unused.credential)).status).toBe(401);
      expect(await client.session(server, { cookie })).toMatchObject({ authenticated: false });
      expect(countIn(base, 'auth_pairing_links', 'revoked_at IS NOT NULL')).toBe(1);
      expect(countIn(base, 'auth_sessions', 'revoked_at IS NOT NULL')).toBe(1);
    });

    it('issues a session without a browser', async () => {
      const base = bench.folder();
      const server = await ready(bench, base);
      const issued = await bench.run(['auth', 'session', 'issue', '--base-dir', base, '--json']);
      expect(issued).toMatchObject({ exitCode: 0, stderr: '' });
      const { token } = JSON.parse(issued.stdout) as { token: string };
      expect(await client.session(server, { authorization: `Bearer ${token}` })).toMatchObject({
        authenticated: true,
      });
    });
  });
}
