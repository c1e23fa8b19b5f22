// Networks on the roots of the arguments (directory, namespace, instance) where containers join and leave without end, for tests that kill it.
import { join } from 'node:path';
import { openKernel } from '@gantry/linux';
import type { ContainerId } from '../../ids.ts';
import { openNetworks } from '../networks.ts';
import type { SandboxRequest } from '../sandboxes.ts';

const [, , root = '', networkNamespace = '', instance = ''] = process.argv;
const kernel = await openKernel({ networkNamespace });
const networks = await openNetworks({
  kernel,
  instance,
  config: {},
  dataRoot: join(root, 'data'),
  runRoot: join(root, 'run'),
  events: { publish: () => undefined },
});
const signal = new AbortController().signal;

async function lifeOf(index: number): Promise<never> {
  const container = String(index).repeat(64) as ContainerId;
  const files = { dns: [], dnsSearch: [], dnsOptions: [], extraHosts: [], sysctls: {} };
  const ports = [{ hostPort: 9000 + index, containerPort: 80, address: '', protocol: 'tcp' as const }];
  const names = { container, containerName: `c${index}`, hostname: 'c', domainname: '', networkMode: 'front', networks: {} };
  const request: SandboxRequest = { ...names, ports, ...files };
  for (;;) {
    await networks.join(request, signal);
    await networks.leave(container);
  }
}

if (!networks.list().some(({ name }) => name === 'front')) {
  const shape = { driver: 'bridge', isInternal: false, isAttachable: false, hasIpv6: false, pools: [], labels: {}, options: {} };
  await networks.create({ ...shape, name: 'front' });
}
console.log('working');
await Promise.all([1, 2, 3].map(lifeOf));
