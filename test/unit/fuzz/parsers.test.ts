import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseProperties, parseUnitNames } from '../../../src/diagnosis/unit-properties.ts';
import { parsePin } from '../../../src/fleet/pins.ts';
import { leadsTo, parseDispatchTable, parseEnvironmentPort } from '../../../src/fleet/ports.ts';
import { parseUserMap } from '../../../src/fleet/user-map.ts';
import type { HttpAnswer } from '../../../src/host/http.ts';
import { parseControlGroup } from '../../../src/host/processes.ts';
import { parseListening } from '../../../src/host/sockets.ts';
import { parseShow } from '../../../src/host/units/systemd.ts';
import { movePin } from '../../../src/operations/pins/edit.ts';
import { parseHostName, parseName } from '../../../src/snapshots/names.ts';
import { mint } from '../../../src/t3/credential.ts';
import { runningVersion } from '../../../src/t3/environment.ts';
import { cookieOf, sessionId } from '../../../src/t3/exchange.ts';
import { parseVersionOutput } from '../../../src/t3/version.ts';
import { FakeClock, fakeHost } from '../../fakes/host.ts';
import { configureProperties } from '../properties/runs.ts';
import { control, mutated, stringsIn } from './mutated.ts';

/** Every text that somebody else has written, mangled: each parser answers or says why not, in words that are harmless. */

configureProperties();

const account = { name: 'vera', uid: 1000, gid: 1000, home: '/home/vera' };

/** It answers, or throws an error with words, soon; and nothing that it says drives a terminal. */
function harmless(parse: (text: string) => unknown, texts: fc.Arbitrary<string>) {
  fc.assert(
    fc.property(texts, (text) => {
      const began = performance.now();
      let said: unknown;
      try {
        said = parse(text);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
        expect(error).not.toBeInstanceOf(TypeError);
        expect(error).not.toBeInstanceOf(RangeError);
        said = (error as Error).message;
      }
      expect(performance.now() - began).toBeLessThan(5000);
      for (const words of stringsIn(said)) expect(words).not.toMatch(control);
    }),
  );
}

const fixture = (name: string) =>
  readFileSync(path.join(import.meta.dirname, '../../fixtures/t3', name), 'utf8');
const shown = ['LoadState=loaded', 'ActiveState=active', 'SubState=running', 'MainPID=12', 'Result=success'];

describe('files of the host', () => {
  it.each<[string, (text: string) => unknown, string[]]>([
    ['the user map', parseUserMap, ['# who\nvera=vera\nemil.b = emo\n', 'a@b.org=x']],
    ['an environment file', parseEnvironmentPort, ['T3_PORT=4100\nKEY="a b"\n', "T3_PORT='1'"]],
    [
      'the dispatch table',
      (text) => {
        const table = parseDispatchTable(text);
        return [table.problems, leadsTo(table, 'vera@x'), leadsTo(table, '__proto__')];
      },
      ['{"vera": {"os_user": "vera", "port": 4100}}', '{"__proto__": {"os_user": "x", "port": 1}}'],
    ],
    ['a pin', (text) => parsePin(text, 'T3_PIN'), ['T3_PIN="${T3_PIN:-0.0.24}"\n']],
    [
      'the pin in an edit',
      (text) => {
        const moved = movePin(Buffer.from(text), 'T3_PIN', '0.0.27');
        return 'problem' in moved ? moved.problem : moved.moved.length;
      },
      ['a ${T3_PIN:-0.0.24} b'],
    ],
    ['the name of a snapshot', parseName, ['manual-0.0.24-20261123T124300Z-3f9a1c.sqlite']],
    [
      'the name of a host’s own',
      parseHostName,
      ['state-20261123-124300.sqlite', 'state-prebump-0.0.24-20261123-124300.sqlite'],
    ],
  ])('%s', (_, parse, samples) => {
    harmless(parse, mutated(...samples));
  });
});

describe('what programs of the system print', () => {
  it.each<[string, (text: string) => unknown, string[]]>([
    // A unit's description and status are its own words: only what is understood is taken from it.
    [
      'systemctl show, of units',
      (text) => [...parseShow(text, ['a.service'], new FakeClock())].map(([, { mainPid }]) => mainPid),
      [shown.join('\n')],
    ],
    [
      'systemctl show, of properties',
      (text) => parseProperties(text, ['a.service']).size,
      [shown.join('\n')],
    ],
    [
      'systemctl list-units',
      (text) => parseUnitNames(text).length,
      ['t3-serve@vera.service loaded active running T3\n'],
    ],
    [
      '/proc/PID/cgroup',
      (text) => parseControlGroup(text) === undefined,
      ['0::/system.slice/x.service\n1:name=systemd:/'],
    ],
    [
      '/proc/net/tcp',
      (text) => parseListening(text).map(({ address, port }) => `${address} ${port}`),
      ['  0: 0100007F:A8D1 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000  0 584465 1\n'],
    ],
  ])('%s', (_, parse, samples) => {
    harmless(parse, mutated(...samples));
  });
});

describe('what a t3 answers', () => {
  const answer = (body: string): HttpAnswer => ({ status: 200, headers: {}, body, took: 1 });
  const transcript = fixture('transcript-0.0.27.txt');

  it.each<[string, (text: string) => unknown, string[]]>([
    ['its version', parseVersionOutput, ['t3 v0.0.24\n', 't3 v0.0.33-nightly.20260808.1031\n']],
    [
      'its environment',
      (text) => runningVersion(answer(text)),
      ['{"environmentId": "x", "serverVersion": "0.0.24", "capabilities": {}}', '<!doctype html>'],
    ],
    [
      'a cookie',
      (text) => {
        const token = cookieOf(
          { ...answer(''), headers: { 'set-cookie': [text, `t3_session=${text}`] } },
          't3_session',
        );
        // It is a secret, and goes nowhere but back to whom it came from.
        return token === undefined ? undefined : sessionId(token);
      },
      ['t3_session=eyJzaWQiOiJhYmMifQ.sig; Path=/; HttpOnly', 'eyJzaWQiOiJhYmMifQ.sig'],
    ],
  ])('%s', (_, parse, samples) => {
    harmless(parse, mutated(...samples, transcript.slice(0, 2000)));
  });

  it('a credential, by its command line', async () => {
    await fc.assert(
      fc.asyncProperty(
        mutated('{\n  "id": "abc",\n  "credential": "AHTTVWACAPAW",\n  "role": "owner"\n}\n', transcript),
        fc.constantFrom(0, 1),
        async (stdout, exitCode) => {
          const host = fakeHost();
          host.commands.expect(/auth pairing create/, { stdout, exitCode });
          const found = await mint({ host, binary: '/t3', account, baseDir: '/b', timeout: 1000 });
          if ('problem' in found) expect(found.problem).not.toMatch(control);
          else expect(found.credential).toMatch(/^[A-Z0-9]{6,64}$/);
        },
      ),
    );
  });
});
