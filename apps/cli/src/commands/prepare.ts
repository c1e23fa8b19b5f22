import type { Settings } from '../config.ts';
import { refuseUnsupported } from '../machine/distribution.ts';
import { engineOfHost } from '../machine/engine-of-host.ts';
import { installPackages } from '../machine/install-packages.ts';
import { makeReady } from '../machine/make-ready.ts';
import { engineNeeds } from '../machine/packages.ts';
import { whatIsMissing } from '../machine/what-is-missing.ts';
import { Trouble } from '../trouble.ts';

/** Everything that a server needs on this machine. */
export async function prepareServer({ mayInstall }: Settings): Promise<void> {
  refuseUnsupported();
  await makeReady(mayInstall);
}

/** Everything that an agent needs on this machine; nothing of the native engine where an existing Docker is driven. */
export async function prepareAgent(settings: Settings): Promise<void> {
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
}
