import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { readAs } from '../../../src/fleet/reader/read.ts';
import { planSchema, requestSchema } from '../../../src/operations/plan.ts';
import { converse, SnapshotProblem } from '../../../src/snapshots/snapshotter.ts';
import { findCandidate, findOffered, sourceProblem } from '../../../src/t3/packages.ts';
import { excerpt, printable, publicLine } from '../../../src/text/printable.ts';
import { fakeHost } from '../../fakes/host.ts';
import { configureProperties } from '../properties/runs.ts';
import { control, mutated, stringsIn } from './mutated.ts';

/** What other programs and processes answer, mangled: an answer, or why there is none, in words that are harmless. */

configureProperties();

const { config } = loadConfig();
const account = { name: 'vera', uid: 1000, gid: 1000, home: '/home/vera' };

describe('what a package source answers', () => {
  const npm = mutated(
    '{"version": "0.0.27", "dist": {"integrity": "sha512-abc=="}}',
    '{"versions": ["0.0.24", "0.0.27"], "dist-tags": {"latest": "0.0.27"}}',
    'npm error code E404\nnpm error 404 Not Found\n',
  );

  it('about one version, and about all', async () => {
    await fc.assert(
      fc.asyncProperty(npm, npm, fc.constantFrom(0, 1), async (stdout, stderr, exitCode) => {
        const host = fakeHost();
        const answers = { stdout, stderr, exitCode };
        host.commands.expect(/view/, answers).expect(/view/, answers);
        const found = await findCandidate(host, config, '0.0.27');
        if ('problem' in found) expect(found.problem).not.toMatch(control);
        else expect(found).toEqual({ version: '0.0.27', integrity: expect.stringMatching(/^sha512-/) });
        const second = fakeHost();
        second.commands.expect(/view/, answers);
        for (const words of stringsIn(await findOffered(second, config))) expect(words).not.toMatch(control);
        const said = sourceProblem({
          ...answers,
          argv: ['npm'],
          signal: undefined,
          failure: undefined,
          took: 1,
        });
        expect(said).not.toMatch(control);
      }),
    );
  });
});

describe('what processes of a user print, who may have tampered with them', () => {
  it('a reader', async () => {
    await fc.assert(
      fc.asyncProperty(
        mutated(
          '{"answers": [{"facts": {"host": [], "own": null}}], "cpu": 3}',
          '{"answers": [{"problem": "x"}], "cpu": 1}',
        ),
        async (stdout) => {
          const host = fakeHost();
          host.commands.expect(/reader/, { stdout });
          const task = { task: 'folder', path: '/b', own: 'cockpit' } as const;
          const { answers, cost } = await readAs(host, config, account, [task]);
          const [answer] = answers;
          if ('problem' in answer) expect(answer.problem).not.toMatch(control);
          expect(cost).toBeGreaterThanOrEqual(0);
        },
      ),
    );
  });

  it('a snapshotter: a snapshot whose facts make no sense was not taken', async () => {
    const facts = JSON.stringify({
      facts: {
        bytes: 1,
        sha256: 'a'.repeat(64),
        pageSize: 4096,
        migrations: [{ id: 1, name: 'A' }],
        work: {},
      },
    });
    await fc.assert(
      fc.asyncProperty(
        mutated(
          facts,
          '{"problem": "no", "unseen": false}',
          '{"progress": {"phase": "copy", "done": 1, "total": 2}}',
        ),
        async (line) => {
          const host = fakeHost();
          host.commands.expect(/snapshotter/, ({ onLine }) => {
            for (const each of line.split('\n')) onLine?.(each);
            return {};
          });
          const asked = converse(
            host,
            { verb: 'verify', backups: '/b', folder: '/b/c', name: 'x' },
            { account, timeout: 1000, memory: 1, onProgress: () => undefined },
          );
          try {
            const answer = await asked;
            if ('facts' in answer) expect(answer.facts.sha256).toMatch(/^[0-9a-f]{64}$/);
          } catch (error) {
            expect(error).toBeInstanceOf(SnapshotProblem);
            expect((error as Error).message).not.toMatch(control);
          }
        },
      ),
    );
  });

  it('a plan, or a request, that another version of this program has written', () => {
    const plan = JSON.stringify({ kind: 'freeze', lanes: [], leftOut: [], parallel: 1, notes: [] });
    fc.assert(
      fc.property(mutated(plan, '{"kind": "backup", "snapshotKind": "manual"}'), (text) => {
        let document: unknown;
        try {
          document = JSON.parse(text);
        } catch {
          return;
        }
        for (const schema of [planSchema, requestSchema]) {
          const read = schema.safeParse(document);
          if (read.success) expect(schema.parse(JSON.parse(JSON.stringify(read.data)))).toEqual(read.data);
        }
      }),
    );
  });
});

describe('foreign text', () => {
  const texts = fc.oneof(
    mutated('Token: AHTTVWACAPAW', 'a\u001b[31mb', '{"credential": "AHTTVWACAPAW"}'),
    fc.string({ unit: 'binary' }),
  );

  it('that has passed drives no terminal, and passes again unchanged', () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 50 }), (text, length) => {
        for (const words of [printable(text), excerpt(text, length), publicLine(text)]) {
          expect(words).not.toMatch(control);
          expect(words).not.toContain('\u001b');
          expect(printable(words)).toBe(words);
        }
        expect([...excerpt(text, length)].length).toBeLessThanOrEqual(length);
      }),
    );
  });

  it('of a log keeps its secrets, whatever stands around them', () => {
    const secret = fc.string({
      unit: fc.constantFrom(...'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'),
      minLength: 12,
      maxLength: 12,
    });
    const around = fc.string({ maxLength: 12 });
    fc.assert(
      fc.property(secret, around, around, (credential, before, after) => {
        for (const line of [
          `Token: ${credential}`,
          `x#token=${credential}`,
          `{"credential": "${credential}"}`,
        ])
          expect(publicLine(`${before} ${line} ${after}`)).not.toContain(credential);
      }),
    );
  });
});
