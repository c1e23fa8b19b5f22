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

/** Networks come, a container that runs comes into them and leaves them, and they go. */
async function networksComeAndGo(): Promise<never> {
  const container = 'f'.repeat(64) as ContainerId;
  const files = { dns: [], dnsSearch: [], dnsOptions: [], extraHosts: [], sysctls: {} };
  const names = { container, containerName: 'walker', hostname: 'w', domainname: '', networkMode: 'bridge', networks: {}, ports: [] };
  const request: SandboxRequest = { ...names, ...files };
  await networks.join(request, signal);
  for (let index = 0; ; index = (index + 1) % 5) {
    const name = `come-and-go-${index}`;
    if (networks.list().some((network) => network.name === name)) await networks.remove(name);
    const network = await networks.create({ ...shape, name, hasIpv6: index % 2 === 0 });
    await networks.connect(request, network, { aliases: [] });
    await networks.disconnect(request, network);
    await networks.remove(name);
  }
}

const shape = { driver: 'bridge', isInternal: false, isAttachable: false, hasIpv6: false, pools: [], labels: {}, options: {} };
if (!networks.list().some(({ name }) => name === 'front')) {
  await networks.create({ ...shape, name: 'front' });
}
console.log('working');
await Promise.all([...[1, 2, 3].map(lifeOf), networksComeAndGo()]);
