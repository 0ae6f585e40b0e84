import * as z from 'zod';
import { duration, size } from './units.ts';

/** How long, how much and how many at a time: of whatever comes from outside. */
export const limitsShape = {
  httpTimeout: duration(50)
    .prefault('3s')
    .describe('An instance that has not answered by then is unreachable.'),
  httpBody: size(1024).prefault('64kb').describe('A longer answer than this is not read.'),
  commandTimeout: duration(100).prefault('20s').describe('The longest that a command of the host may take.'),
  t3Timeout: duration(1000)
    .prefault('60s')
    .describe('The longest that a call of t3 may take (one once took 15 minutes).'),
  installTimeout: duration(1000)
    .prefault('10m')
    .describe('The longest that npm may take to fetch or to install t3.'),
  stopTimeout: duration(1000)
    .prefault('2m')
    .describe('The longest that stopping a server may take; above its unit’s TimeoutStopSec.'),
  visit: duration(100)
    .prefault('30s')
    .describe('How long others (a page visit’s t3) may still have a database open that is to be replaced.'),
  jobs: duration()
    .prefault('30s')
    .describe('How long a job of the host’s that runs is waited for before a server is stopped.'),
  startTimeout: duration(1000)
    .prefault('60s')
    .describe('A server that does not answer so long after its start has not started.'),
  readerTimeout: duration(100)
    .prefault('10s')
    .describe('The longest that reading one state database may take.'),
  readerMemory: size(64 * 1024 ** 2)
    .prefault('512mb')
    .describe('The memory that a process may use that reads or copies a user’s database.'),
  fileSize: size(1024).prefault('4mb').describe('A larger user map, dispatch table or pin file is not read.'),
  parallelReaders: z
    .int()
    .min(1)
    .max(16)
    .default(2)
    .describe('How many state databases are read at the same time.'),
  parallelRequests: z
    .int()
    .min(1)
    .max(256)
    .default(32)
    .describe('How many instances are asked at the same time.'),
  readerShare: z
    .number()
    .min(0.001)
    .max(1)
    .default(0.02)
    .describe(
      'The share of one core that reading state databases may cost over time; many busy users are read less often.',
    ),
};
