import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { systemClock } from '../../../src/host/clock.ts';
import type { Commands } from '../../../src/host/commands.ts';
import type { Host } from '../../../src/host/host.ts';
import { systemdUnits } from '../../../src/host/units/systemd.ts';
import { startUnit } from '../../../src/operations/steps/stop.ts';

const unit = 't3-serve@otto.service';

/**
 * systemctl before a systemd that keeps its count of starts over a mask, as those after 252 do. The system tests have
 * one that does not.
 */
function host(about: { starts: number; limit: number; why?: string }) {
  let [active, starts] = ['inactive', about.starts];
  const result = () => (active === 'failed' ? (about.why ?? 'start-limit-hit') : 'success');
  const answers: Record<string, () => { stderr: string; stdout?: string }> = {
    show: () => ({ stdout: `Id=${unit}\nActiveState=${active}\nResult=${result()}`, stderr: '' }),
    'reset-failed'() {
      [active, starts] = ['inactive', 0];
      return { stderr: '' };
    },
    start() {
      starts += 1;
      active = starts > about.limit ? 'failed' : 'active';
      return { stderr: active === 'failed' ? `Job for ${unit} failed because it was so.` : '' };
    },
  };
  const asked: string[] = [];
  const commands = {
    run(argv: readonly string[]) {
      const verb = argv.find((word) => word in answers) ?? '';
      asked.push(verb);
      const { stderr, stdout = '' } = answers[verb]?.() ?? { stderr: 'what?' };
      return Promise.resolve({ argv, exitCode: stderr === '' ? 0 : 1, stdout, stderr, took: 0 });
    },
  } as unknown as Commands;
  const context = {
    host: { units: systemdUnits(commands, systemClock, 1000) } as Host,
    config: loadConfig().config,
  };
  return {
    start: () => startUnit(context, unit),
    active: () => active,
    done: () => asked.filter((verb) => verb !== 'show'),
  };
}

describe('a server that was started as often as its unit lets it be', () => {
  it('is started by us all the same', async () => {
    const { start, active, done } = host({ starts: 5, limit: 5 });
    await start();
    expect(active()).toBe('active');
    expect(done()).toEqual(['start', 'reset-failed', 'start']);
  });

  it('has its count left alone where it is well', async () => {
    const { start, done } = host({ starts: 4, limit: 5 });
    await start();
    expect(done()).toEqual(['start']);
  });

  it('and that fails for another reason, is not started again and again by us', async () => {
    const { start, done } = host({ starts: 5, limit: 5, why: 'exit-code' });
    await expect(start()).rejects.toThrow(/Job for t3-serve@otto\.service failed/);
    expect(done()).toEqual(['start']);
  });

  it('nor where it is refused once more', async () => {
    const { start, done } = host({ starts: 0, limit: 0 });
    await expect(start()).rejects.toThrow(/Job for t3-serve@otto\.service failed/);
    expect(done()).toEqual(['start', 'reset-failed', 'start']);
  });
});
