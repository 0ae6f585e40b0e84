import os from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Commands } from '../../host/commands.ts';
import { HttpFailure, type Http } from '../../host/http.ts';
import { freePortAt, startTrialServer, type TrialServer } from '../../host/trial-server.ts';
import { excerpt, publicLine } from '../../text/printable.ts';
import { mint } from '../credential.ts';
import { environmentPath, runningVersion } from '../environment.ts';
import { cookieName, exchange, type Endpoint } from '../exchange.ts';
import type { TrialReport, TrialRequest } from './protocol.ts';

const interval = 50;
/** Lines of its log that are kept. */
const mostLines = 60;
const notable = /\b(ERROR|WARN|FATAL)\b|[Mm]igration|Error:/;
const readyLine = 'T3 Code server is ready.';

/**
 * Start a server on a base directory, bound as production binds it, and do with it what a browser does: mint, exchange,
 * cookie; watch it for a while; stop it. What was seen is told, nothing is judged here.
 */
export async function holdTrial(
  request: TrialRequest,
  machine: { commands: Commands; http: Http },
  tell: (doing: string) => void,
): Promise<TrialReport> {
  const report = emptyReport();
  let port: number;
  try {
    port = await freePortAt(request.bind);
  } catch (error) {
    return { ...report, problem: `no port to be had at ${request.bind}: ${wordsOf(error)}` };
  }
  tell('start');
  const began = performance.now();
  const server = start(request, port, report);
  try {
    const endpoint = { http: machine.http, port, timeout: request.httpTimeout, maxBody: request.maxBody };
    if (await answers(endpoint, server, report, began + request.startTimeout)) {
      report.startMs = Math.round(performance.now() - began);
      tell('pair');
      await pair(request, endpoint, machine, report);
      tell('watch');
      await watch(server, request.watch);
    }
    report.memory = server.peak();
    report.ended = server.ended();
  } finally {
    await server.stop();
  }
  return report;
}

function emptyReport(): TrialReport {
  return {
    problem: null,
    startMs: null,
    version: null,
    ready: false,
    cookie: null,
    pairing: { verdict: 'unknown', step: null, reason: null, endpoint: null },
    memory: null,
    ended: null,
    log: [],
  };
}

/** Telemetry off: nobody has asked for this server (docs/t3-contract.md). Its log is kept without the credentials in it. */
function start({ binary, baseDir, bind }: TrialRequest, port: number, report: TrialReport): TrialServer {
  return startTrialServer(
    [binary, 'serve', '--host', bind, '--port', String(port), '--base-dir', baseDir],
    { HOME: baseDir, T3CODE_TELEMETRY_ENABLED: 'false' },
    (line) => {
      if (line.includes(readyLine)) report.ready = true;
      if (notable.test(line) && report.log.length < mostLines)
        report.log.push(excerpt(publicLine(line), 300));
    },
  );
}

/** @returns whether it did, before it ended and before its time was up. */
async function answers(
  endpoint: Endpoint,
  server: TrialServer,
  report: TrialReport,
  deadline: number,
): Promise<boolean> {
  while (server.ended() === null && performance.now() < deadline) {
    try {
      const answer = await endpoint.http.fetch(`http://127.0.0.1:${endpoint.port}${environmentPath}`, {
        timeout: endpoint.timeout,
        maxBody: endpoint.maxBody,
      });
      const running = runningVersion(answer);
      if ('version' in running) {
        report.version = running.version;
        return true;
      }
      report.pairing.reason = running.problem;
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error;
    }
    await delay(interval);
  }
  return false;
}

async function pair(
  { binary, baseDir, pairingPaths, t3Timeout }: TrialRequest,
  endpoint: Endpoint,
  machine: { commands: Commands },
  report: TrialReport,
): Promise<void> {
  const { uid, gid, username } = os.userInfo();
  const account = { name: username, uid, gid, home: baseDir };
  try {
    report.cookie = (await cookieName(endpoint)) ?? null;
    const credential = await mint({ host: machine, binary, account, baseDir, timeout: t3Timeout });
    if ('problem' in credential) {
      report.pairing = { verdict: 'broken', step: 'mint', reason: credential.problem, endpoint: null };
      return;
    }
    // Nothing to revoke: all of it is thrown away.
    const { result } = await exchange(endpoint, pairingPaths, credential.credential, () => undefined);
    report.pairing = {
      verdict: result.verdict === 'unmapped' ? 'unknown' : result.verdict,
      step: result.step ?? null,
      reason: result.reason ?? null,
      endpoint: result.endpoint ?? null,
    };
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error;
    report.pairing = { verdict: 'unreachable', step: null, reason: excerpt(error.message), endpoint: null };
  }
}

async function watch(server: TrialServer, time: number): Promise<void> {
  const deadline = performance.now() + time;
  while (server.ended() === null && performance.now() < deadline) await delay(interval);
}

function wordsOf(error: unknown): string {
  return excerpt(error instanceof Error ? error.message : String(error));
}
