import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { supervisorUnits, type Supervisor } from '../../src/host/units/supervisor.ts';
import { layoutOf, type Layout } from '../../src/sandbox/layout.ts';
import { readMark } from '../../src/sandbox/mark.ts';
import { installGlobally, installPrefix } from '../../src/sandbox/versions.ts';
import { moveAway, notWell, swap, title, tryCase, type Case } from './broken.ts';
import { TestSandbox, until } from './sandbox.ts';

/** The doctor on a host of which the services, and what says who may use them and in which version, are broken. */

let supervisor: Supervisor;
const servers: Server[] = [];
let sandbox: TestSandbox;
let layout: Layout;
beforeAll(async () => {
  sandbox = await TestSandbox.create();
  layout = layoutOf(sandbox.root);
  supervisor = supervisorUnits(sandbox.root, 20_000);
  expect((await sandbox.run('backup')).exitCode).toBe(0);
});
afterAll(async () => {
  for (const server of servers) server.close();
  await supervisor.close();
  await sandbox.destroy();
});

const pinFile = () => path.join(layout.home('admin'), 'code/infra/scripts/t3-autoupdate.sh');
const portOf = (user: string) =>
  Number(/T3_PORT=(\d+)/.exec(readFileSync(layout.environmentFile(user), 'utf8'))?.[1]);

async function restarted(user: string): Promise<void> {
  await supervisor.start(`t3-serve@${user}.service`);
  await until(`${user} to answer`, async () =>
    (await notWell(sandbox)).some(({ subject }) => subject.startsWith(`${user}:`)) ? undefined : true,
  );
}

const cases: Case[] = [
  {
    broken: 'a dispatch table that is no JSON',
    by: () => swap(layout.dispatchTable, () => '{ "alice": '),
    findings: ['wrong dispatch/dispatch table', 'unknown dispatch/names', 'unknown dispatch/entries'],
    found: /not JSON/,
    remedy: /correct .*dispatch\.json/,
  },
  {
    broken: 'a dispatch table that leads to somebody else, or nowhere, or lets a stranger in',
    by: () =>
      swap(layout.dispatchTable, (text) => {
        const { carol, ...table } = JSON.parse(text) as Record<string, { os_user: string; port: number }>;
        return JSON.stringify({ ...table, bob: { ...table['bob'], os_user: 'alice' }, mallory: carol });
      }),
    findings: [
      'wrong dispatch/bob: dispatch',
      'wrong dispatch/carol: dispatch',
      'attention dispatch/entries',
    ],
    found: /the dispatch leads bob to alice/,
    remedy: /correct .*dispatch\.json/,
  },
  {
    broken: 'a freeze',
    by: () => {
      writeFileSync(layout.freeze, 'canary failed: bob\n');
      return () => rmSync(layout.freeze, { force: true });
    },
    findings: ['attention versions/freeze'],
    found: /frozen since .*: canary failed: bob/,
    remedy: /^rm .*t3-autoupdate\.freeze$/,
    heals: true,
  },
  {
    broken: 'a freeze that others may lift',
    by: () => {
      writeFileSync(layout.freeze, '');
      chmodSync(layout.freeze, 0o666);
      return () => rmSync(layout.freeze);
    },
    findings: ['wrong paths/freeze', 'attention versions/freeze'],
    found: /mode 0666/,
    remedy: /^chmod go-w /,
  },
  {
    broken: 'pin files that disagree',
    by: () => swap(pinFile(), (text) => text.replace('0.0.24', '0.0.27')),
    findings: ['wrong versions/pins', 'attention versions/pin file'],
    found: /the pin files disagree/,
    remedy: /make .* say the same/,
  },
  {
    broken: 'a pin file without a pin',
    by: () => swap(pinFile(), () => '#!/bin/sh\n'),
    findings: ['wrong versions/pins'],
    found: /no \$\{T3_PIN:-…\} in it/,
    remedy: /set pins to where the version stands/,
  },
  {
    broken: 'edits of a pin file that are not committed',
    by: () => swap(pinFile(), (text) => `${text}# mine\n`),
    findings: ['attention versions/pin file'],
    found: /it has uncommitted edits/,
    remedy: /commit or take back/,
  },
  {
    broken: 'another t3 installed than runs, and none of the running version at hand',
    by: () => {
      const prefix = path.join(layout.versions, '0.0.24');
      installGlobally(layout, '0.0.27');
      const back = moveAway(prefix);
      return () => {
        back();
        installGlobally(layout, '0.0.24');
      };
    },
    findings: ['attention t3/alice: version', 'attention t3/bob: version', 'attention t3/t3 0.0.24'],
    found: /it runs 0\.0\.24, installed is 0\.0\.27: any page visit/,
    remedy: /systemctl restart t3-serve@alice\.service/,
  },
  {
    broken: 'no global t3',
    by: () => moveAway(layout.binary),
    findings: ['wrong t3/installed t3'],
    found: /no such file/,
    remedy: /install t3 at .*, or set paths\.binary/,
  },
  {
    broken: 'a server that is down though it is enabled',
    by: async () => {
      await supervisor.stop('t3-serve@alice.service');
      return () => restarted('alice');
    },
    findings: ['attention units/alice: unit'],
    found: /stopped on purpose \(exit code 130\)|does not run/,
    remedy: /systemctl (reset-failed|start) t3-serve@alice\.service/,
  },
  {
    broken: 'somebody else on the port of a server that is down',
    by: async () => {
      const server = createServer().listen(portOf('carol'), '127.0.0.1');
      servers.push(server);
      await once(server, 'listening');
      return () => new Promise((resolve) => server.close(resolve));
    },
    findings: ['wrong ports/carol: listens'],
    found: /process \d+ \(\S+, uid \d+\) listens on 127\.0\.0\.1:\d+, and does not belong to t3-serve@carol/,
    remedy: /see what process \d+ is, and end it/,
  },
  {
    broken: 'no dispatch',
    by: async () => {
      await supervisor.stop('t3-dispatch.service');
      return async () => {
        await supervisor.start('t3-dispatch.service');
        await until('the dispatch', async () =>
          (await notWell(sandbox)).some(({ group }) => group === 'dispatch') ? undefined : true,
        );
      };
    },
    findings: ['wrong dispatch/dispatch'],
    found: /nothing listens there \(ECONNREFUSED\); t3-dispatch\.service is/,
    remedy: /systemctl restart t3-dispatch\.service/,
  },
];

describe('the doctor', () => {
  it.each(cases)('finds $broken', (each) => tryCase(sandbox, each));

  it('finds a database that a newer t3 has migrated under its server', async () => {
    const binary = installPrefix(layout, '0.0.27');
    execFileSync(binary, ['auth', 'pairing', 'list', '--base-dir', `${layout.home('alice')}/.t3`, '--json']);
    const found = await notWell(sandbox);
    expect(found.map(title)).toEqual(['wrong t3/alice: schema']);
    expect(found[0]?.found).toMatch(/schema 32, but 0\.0\.24 knows 30: pairing is broken/);
    expect(found[0]?.remedy).toContain('systemctl restart t3-serve@alice.service');
  });

  it('finds a dispatch that lets everybody in', async () => {
    const open = createHttpServer((_request, response) =>
      response.writeHead(200, { 'set-cookie': 't3_session=stolen; Path=/' }).end(),
    ).listen(0, '127.0.0.1');
    servers.push(open);
    await once(open, 'listening');
    const { port } = open.address() as { port: number };
    const found = await notWell(sandbox, '--set', `dispatch.url=http://127.0.0.1:${port}`);
    expect(found.filter(({ group }) => group === 'dispatch').map(title)).toEqual(['wrong dispatch/dispatch']);
    expect(JSON.stringify(found)).not.toContain('stolen');
  });

  it('takes a supervisor that does not answer for no answer, and ends', async () => {
    const { supervisor: pid } = readMark(layout) ?? {};
    if (pid === undefined) throw new Error('the sandbox has no supervisor');
    process.kill(pid, 'SIGSTOP');
    try {
      const found = await notWell(sandbox, '--set', 'limits.commandTimeout=1s');
      expect(found.map(title)).toEqual(
        expect.arrayContaining([
          'unknown units/alice: unit',
          'unknown ports/alice: listens',
          'unknown jobs/jobs',
        ]),
      );
      expect((await sandbox.run('--set', 'limits.commandTimeout=1s', 'doctor')).exitCode).toBe(1);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  });
});
