import * as z from 'zod';
import { section } from './section.ts';
import { absolutePath, duration, size } from './units.ts';

/** The parts of the config that are about versions: where they are pinned, how they are judged and rolled out. */

export const pin = z.strictObject({
  file: absolutePath('home').describe(
    'A file that carries the pinned t3 version as a shell default; {home} is the administrator’s.',
  ),
  variable: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected the name of a shell variable')
    .default('T3_PIN')
    .describe('The shell variable: the version stands in ${NAME:-version}.'),
  copy: z
    .boolean()
    .default(false)
    .describe('It is a copy of another one that the host runs, of root’s; it may be missing.'),
});

/** The keys of the config's section `gate`. */
export const gateShape = {
  bind: z
    .union([z.ipv4(), z.ipv6()], 'expected an IP address')
    .default('0.0.0.0')
    .describe(
      'The address that units bind t3 to (--host in ExecStart). From 0.0.29 on it decides how the session cookie is called: a gate on another one judges another program.',
    ),
  memory: size(128 * 1024 ** 2)
    .prefault('2gb')
    .describe('The memory that a server under trial may use, with all that it starts.'),
  watch: duration()
    .prefault('5s')
    .describe('How long a server under trial is watched after it was paired with: some crash late.'),
  fresh: duration(1000).prefault('6h').describe('How long a verdict holds.'),
  commands: z
    .array(
      z.strictObject({
        name: z
          .string()
          .regex(/^[\w. -]{1,40}$/, 'expected a short name')
          .describe('What it is called.'),
        argv: z
          .array(z.string().min(1))
          .min(1)
          .describe('The command and its arguments; no shell reads them.'),
        folder: absolutePath('home').default('/').describe('Where it runs; {home} is the administrator’s.'),
        timeout: duration(1000).prefault('10m').describe('The longest that it may take.'),
      }),
    )
    .default([])
    .describe(
      'More that has to succeed, as the administrator: the dispatch’s own tests, for example. T3_CANDIDATE holds the version.',
    ),
};

/** The keys of the config's section `bump`. */
export const bumpShape = {
  soak: duration()
    .prefault('1m')
    .describe(
      'How long a server that was moved is watched before the next one is: a version that crashes after a minute did not reach everybody.',
    ),
  strategy: z
    .enum(['rollout', 'enforcer'])
    .default('rollout')
    .describe(
      'Who installs and restarts: rollout, the cockpit, one user after the other; enforcer, the host’s own script (docs/beside-the-hosts-jobs.md).',
    ),
  enforcer: section({
    job: z
      .string()
      .regex(/^[A-Za-z][\w.@-]{0,63}$/, 'expected the name of a unit, without .service')
      .default('t3-autoupdate')
      .describe('The job that installs the pin and restarts the idle ones.'),
    timeout: duration(1000)
      .prefault('30m')
      .describe('The longest that it may take; then it is stopped, and everybody goes back.'),
  }).describe('Strategy enforcer.'),
};
