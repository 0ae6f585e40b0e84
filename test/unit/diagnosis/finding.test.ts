import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { diagnose } from '../../../src/diagnosis/diagnose.ts';
import { ok, orFine, run, runLine, say, shellLine, wrong } from '../../../src/diagnosis/finding.ts';
import { diagnosisDocument, diagnosisText } from '../../../src/commands/render/diagnosis.ts';
import { diagnosingOf } from '../../fakes/diagnosing.ts';

describe('a command to be pasted', () => {
  it.each([
    [['chown', 'vera:', '/var/backups/vera']],
    [['rm', "/odd path/with 'quotes' and $HOME"]],
    [['rm', '/back`whoami`tick', '*', '~', '!x', '\\n', '']],
    [['chmod', 'go=', '-x']],
  ])('reaches the program as it was meant: %j', (argv) => {
    const [, ...args] = argv;
    const printed = execFileSync('sh', ['-c', `printf '%s\\n' ${shellLine(args)}`], { encoding: 'utf8' });
    expect(printed.split('\n').slice(0, -1)).toEqual(args);
  });

  it('is none at all where it could not be shown as it is', () => {
    expect(run(['rm', '/tmp/\u001b[2Jx'])).toEqual({ words: '', command: '' });
    expect(runLine('rm a\nrm b').command).toBe('');
  });
});

describe('findings', () => {
  it('are printable, whatever they are of', () => {
    const finding = wrong('a\u001b[31mb', `x\u0007${'y'.repeat(1000)}`, say('do\u202e this'));
    expect(finding.subject).toBe('ab');
    expect(finding.found).toMatch(/^x\ufffdy+…$/);
    expect(finding.remedy?.words).toBe('do\ufffd this');
  });

  it('are one good line where there is none', () => {
    expect(orFine([], 'ports', 'fine')).toEqual([ok('ports', 'fine')]);
    const bad = wrong('port', 'taken', say('free it'));
    expect(orFine([bad], 'ports', 'fine')).toEqual([bad]);
  });
});

describe('a diagnosis', () => {
  it('goes on when a check throws, or never ends, and takes neither for a pass', async () => {
    const diagnosing = diagnosingOf({}, 'limits.commandTimeout=100ms', 'limits.t3Timeout=1s');
    const findings = await diagnose(diagnosing, [
      {
        name: 'host',
        checks: {
          throws: () => {
            throw new Error('a \u001b[31mbroken check');
          },
          rejects: () => Promise.reject(new Error('no answer')),
          hangs: () => new Promise(() => undefined),
          works: () => [ok('works', 'well')],
        },
      },
    ]);
    expect(findings.map(({ group, subject, verdict, found }) => [group, subject, verdict, found])).toEqual([
      ['host', 'throws', 'unknown', 'a broken check'],
      ['host', 'rejects', 'unknown', 'no answer'],
      ['host', 'hangs', 'unknown', 'not found out within 2.2 s'],
      ['host', 'works', 'ok', 'well'],
    ]);
  });

  const findings = [
    {
      group: 'paths',
      ...wrong('backups', 'belongs to uid 7', run(['chown', 'root:', '/b k'], 'take it back')),
    },
    { group: 'paths', ...ok('user map', '/etc/map') },
    { group: 'ports', ...wrong('ports', 'taken', say('free it')) },
    { group: 'jobs', verdict: 'unknown' as const, subject: 'jobs', found: 'no answer', remedy: undefined },
    { group: 'jobs', verdict: 'attention' as const, subject: 'x', found: 'late', remedy: run(['rm', 'y']) },
  ];

  it('is told by what it is about, and what is wrong last, next to the prompt', () => {
    expect(diagnosisText(findings, undefined)).toBe(
      `           ABOUT  SUBJECT   FOUND
wrong      paths  backups   belongs to uid 7
ok                user map  /etc/map
wrong      ports  ports     taken
unknown    jobs   jobs      no answer
attention         x         late

attention: jobs: x: late
    rm y

unknown: jobs: no answer

wrong: paths: backups: belongs to uid 7
  take it back
    chown root: '/b k'

wrong: ports: taken
  free it

2 wrong, 1 could not be told, 1 to look at, 1 as it should be
`,
    );
  });

  it('cuts the overview to the terminal, and nothing of what is to be done', () => {
    const text = diagnosisText(findings, 30);
    expect(text).toContain('wrong      paths  backups   b…');
    expect(text).toContain("    chown root: '/b k'\n");
  });

  it('is a document', () => {
    expect(diagnosisDocument(findings)).toMatchObject({
      findings: [
        { group: 'paths', remedy: 'take it back', command: "chown root: '/b k'" },
        { remedy: '', command: null },
        { remedy: 'free it', command: null },
        { verdict: 'unknown', remedy: '', command: null },
        { remedy: 'rm y', command: 'rm y' },
      ],
      wrong: 2,
      attention: 1,
      unknown: 1,
    });
  });
});
