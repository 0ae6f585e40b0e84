import { diagnose } from '../diagnosis/diagnose.ts';
import { loadConfigFor, observerFor, withHost, type CommandContext } from './context.ts';
import { exit, type ExitCode } from './exit.ts';
import { diagnosisDocument, diagnosisText } from './render/diagnosis.ts';
import { jsonDocument } from './render/json.ts';

/**
 * `doctor`: is this host laid out as configured; what is wrong with it; what to do about it. Changes nothing. Exit code 0
 * only when nothing is wrong and everything could be told: what is unknown is no pass.
 */
export function doctor(context: CommandContext): Promise<ExitCode> {
  const { io, options } = context;
  return withHost(context, async (opened) => {
    const observer = observerFor(opened, io);
    const fleet = await observer.once().finally(() => observer.stop());
    const { host, config, journal, journalProblem } = opened;
    const findings = await diagnose({
      host,
      config,
      configFile: loadConfigFor(context).file,
      fleet,
      environment: io.environment,
      uid: process.getuid?.() ?? 0,
      journal,
      journalProblem,
    });
    io.out(options.json ? jsonDocument(diagnosisDocument(findings)) : diagnosisText(findings, io.columns));
    return findings.some(({ verdict }) => verdict === 'wrong' || verdict === 'unknown')
      ? exit.failed
      : exit.done;
  });
}
