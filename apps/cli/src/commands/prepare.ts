import type { Settings } from '../config.ts';
import { refuseUnsupported } from '../machine/distribution.ts';
import { engineOfHost } from '../machine/engine-of-host.ts';
import { installPackages, stepsToInstall } from '../machine/install-packages.ts';
import { makeReady, stepsToReady } from '../machine/make-ready.ts';
import { engineNeeds } from '../machine/packages.ts';
import { whatIsMissing } from '../machine/what-is-missing.ts';
import { say, tell } from '../say.ts';
import { Trouble } from '../trouble.ts';

/** Everything that a server needs on this machine. */
export async function prepareServer({ mayInstall }: Settings): Promise<void> {
  refuseUnsupported();
  await makeReady(mayInstall);
}

/** Says what `up` would install and build here, and does nothing. 1 where there is something. */
export async function tellPlan(settings: Settings): Promise<number> {
  refuseUnsupported();
  const { kind } = await engineOfHost(settings);
  const steps = [...(kind === 'native' ? stepsToInstall(whatIsMissing(engineNeeds)) : []), ...stepsToReady()];
  if (steps.length === 0) say('nothing is missing: ./gantry up installs and builds nothing here');
  else tell(['nothing was installed; this would be:', ...steps.map((step) => `  ${step}`)].join('\n'));
  return steps.length === 0 ? 0 : 1;
}

/** Everything that an agent needs on this machine; nothing of the native engine where an existing Docker is driven. Answers which of them it is. */
export async function prepareAgent(settings: Settings): Promise<'native' | 'docker'> {
  refuseUnsupported();
  const engine = await engineOfHost(settings);
  if (engine.kind === 'native') {
    if (process.getuid?.() !== 0) {
      throw new Trouble(
        "Gantry's own engine makes mounts, namespaces and control groups, which needs root: run it with sudo, or choose --engine docker",
      );
    }
    await installPackages(whatIsMissing(engineNeeds), settings.mayInstall);
  }
  await makeReady(settings.mayInstall);
  return engine.kind;
}
