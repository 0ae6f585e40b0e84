import { appendFileSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import type { CommandResult } from '../../../src/host/commands.ts';
import type { Host } from '../../../src/host/host.ts';
import { exchangeActions } from '../../../src/snapshots/owner/replacement.ts';
import type { ExchangeRequest } from '../../../src/snapshots/owner/protocol.ts';
import { faultyHttp, type HttpFault } from './http.ts';

/**
 * A fault at one point of a run. A point is one action on the machine: something done to a unit, one request to a
 * process of the owner, one question to the keeper. They are counted as they come.
 */
export interface FaultPlan {
  /** Where each point's name is written, a line each, as it is reached. */
  trace: string;
  /** The number of the point, from 0; absent for none. */
  at?: number;
  /** `die`: SIGKILL to the runner. `fail`: the action is answered with an error. */
  how?: 'die before' | 'die after' | 'fail before' | 'fail after';
  /** Die after so many of the single file-system actions of the exchange. */
  exchange?: number;
  /** What a failing action says. */
  words?: string;
  /**
   * Somebody opens the live database right before the exchange, writes if they can, and has it open until after it. What
   * came of that, `written` or SQLite's code, is written into this file.
   */
  visitor?: string;
  /** The handshake after the start fails. */
  probe?: 'broken';
  /** Somebody else answers some of what it asks. */
  http?: HttpFault;
}

/**
 * The host as it is, but for the fault.
 *
 * @param dispatch The address of the dispatch.
 */
export function faulty(host: Host, plan: FaultPlan, dispatch: string): Host {
  let count = 0;
  const point = async <Result>(
    name: string,
    act: () => Promise<Result>,
    fail: () => Promise<Result>,
  ): Promise<Result> => {
    const now = count;
    count += 1;
    appendFileSync(plan.trace, `${name}\n`);
    if (now !== plan.at) return act();
    if (plan.how === 'die before') die();
    if (plan.how === 'fail before') return fail();
    const result = await act();
    if (plan.how === 'die after') die();
    return plan.how === 'fail after' ? fail() : result;
  };
  const words = plan.words ?? 'no space left';
  return {
    ...host,
    units: {
      ...host.units,
      act: (verb, name, timeout) =>
        point(
          `unit ${verb}`,
          () => host.units.act(verb, name, timeout),
          () => Promise.reject(new Error(words)),
        ),
    },
    http: httpOf(host, plan, dispatch),
    commands: {
      ...host.commands,
      run(argv, options) {
        if (!argv.some((part) => part.endsWith('/snapshotter.js'))) return host.commands.run(argv, options);
        const request = JSON.parse(options.input ?? '{}') as { verb: string };
        if (request.verb === 'exchange' && plan.exchange !== undefined) {
          for (const act of exchangeActions(request as ExchangeRequest).slice(0, plan.exchange)) act();
          die();
        }
        const visitor =
          request.verb === 'exchange' && plan.visitor !== undefined
            ? visit((request as ExchangeRequest).live, plan.visitor)
            : undefined;
        return point(
          `snapshotter ${request.verb}`,
          () => host.commands.run(argv, options).finally(() => visitor?.close()),
          () => Promise.resolve(refusal(argv, options.onLine, words)),
        );
      },
      converse(argv, options) {
        const conversation = host.commands.converse(argv, options);
        return {
          ...conversation,
          ask: (line, timeout) =>
            point(
              'keeper hold',
              () => conversation.ask(line, timeout),
              () => Promise.resolve(JSON.stringify({ problem: words })),
            ),
        };
      },
    },
  };
}

function httpOf({ http }: Host, plan: FaultPlan, dispatch: string): Host['http'] {
  const broken =
    plan.probe === 'broken' ? ({ asked: 'exchange', answer: 'fails', times: 'always' } as const) : undefined;
  const fault = plan.http ?? broken;
  return fault === undefined ? http : faultyHttp(http, dispatch, fault);
}

/** As a page visit does: the write-ahead log turned on, and something written, into a table that t3 does not know. */
function visit(live: string, said: string): Database.Database {
  const db = new Database(live, { fileMustExist: true, timeout: 0 });
  try {
    db.pragma('journal_mode = WAL');
    db.exec('CREATE TABLE IF NOT EXISTS visited (page BLOB)');
    for (let page = 0; page < 50; page += 1) db.exec('INSERT INTO visited VALUES (randomblob(4000))');
    writeFileSync(said, 'written');
  } catch (error) {
    writeFileSync(said, (error as { code?: string }).code ?? String(error));
  }
  return db;
}

function die(): never {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('still alive');
}

/** What a process of the owner says that could not do what it was asked. */
function refusal(
  argv: readonly string[],
  onLine: ((line: string) => void) | undefined,
  words: string,
): CommandResult {
  onLine?.(JSON.stringify({ problem: words, unseen: true }));
  return { argv, exitCode: 0, signal: undefined, stdout: '', stderr: '', failure: undefined, took: 1 };
}
