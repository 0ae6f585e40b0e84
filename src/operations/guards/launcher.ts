import { readLauncher } from '../../t3/launcher.ts';
import { fails, holds, type Guard } from './guard.ts';

/**
 * Where versions are moved by the launcher's links, the launcher has to be what is started: an `npm install --global` by
 * somebody else may have put another program in its place, and every link would mean nothing.
 *
 * @param by Is a step about such links?
 */
export function launcherGuard<Step>(by: (step: Step, binary: string) => boolean): Guard<Step> {
  return {
    name: 'launcher',
    async check({ host, config }, step) {
      const { binary } = config.paths;
      const { kind } = await readLauncher(host, config);
      if (kind === 'replaced')
        return fails(
          `the launcher was here, and ${binary} is something else now: t3-cockpit launcher install puts it back`,
        );
      return (kind === 'whole') === by(step, binary)
        ? holds
        : fails(`it was planned ${kind === 'whole' ? 'without' : 'with'} the launcher: plan it anew`);
    },
  };
}
