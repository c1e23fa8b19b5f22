import { readdirSync } from 'node:fs';
import { Failure } from '@gantry/base';
import type { CrashOperations } from './crash-operation.ts';
import type { CrashWorld } from './crash-world.ts';

/** Networks that come and go. */
export const crashNetworks: CrashOperations = {
  'network creation': {
    steps: ['network.directory', 'network.record', 'network.bridge', 'network.rules'],
    begin(world) {
      const Name = world.name('net');
      const create = (): Promise<unknown> => world.client.call('NetworkCreate', { body: { Name } });
      return { act: create, check: () => networkCheck(world, Name) };
    },
  },
  'network removal': {
    steps: ['network.unrule', 'network.unlink', 'network.hide', 'network.remove'],
    async begin(world) {
      const Name = world.name('net');
      const Options = { 'com.docker.network.bridge.name': `x${world.root.instance}${Name.split('-')[1]}` };
      await world.client.call('NetworkCreate', { body: { Name, Options } });
      return {
        act: () => world.client.call('NetworkDelete', { path: { id: Name } }),
        async check() {
          await networkCheck(world, Name);
          const link = Options['com.docker.network.bridge.name'];
          if (readdirSync('/sys/class/net').includes(link)) throw new Error(`link ${link} is left`);
        },
      };
    },
  },
};

/** It is there and can be removed, or it is not there. */
async function networkCheck(world: CrashWorld, name: string): Promise<void> {
  await world.client.call('NetworkDelete', { path: { id: name } }).catch((cause: unknown) => {
    if (Failure.from(cause).code !== 'not-found') throw cause;
  });
}
