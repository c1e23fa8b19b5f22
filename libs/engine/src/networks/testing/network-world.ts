import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { temporaryDirectory } from '@gantry/base/testing';
import { type Kernel, type KernelOptions, openKernel } from '@gantry/linux';
import type { EngineEvent } from '../../events/engine-event.ts';
import type { ContainerId } from '../../ids.ts';
import { type Networks, openNetworks } from '../networks.ts';
import type { NetworkSettings } from '../network-settings.ts';
import type { SandboxRequest } from '../sandboxes.ts';

const run = promisify(execFile);

export interface WorldOptions {
  readonly config?: NetworkSettings;
  readonly byPrograms?: KernelOptions['byPrograms'];
}

/**
 * A host in a network namespace of its own, with networks on it and one neighbour outside: what a test does there no other program of this
 * machine sees. `base` is the pin of the host, `outside` that of the neighbour (10.99.0.2 and fd99::2; the host is 10.99.0.1 and fd99::1).
 */
export class NetworkWorld implements AsyncDisposable {
  readonly #closing: AsyncDisposableStack;
  readonly root: string;
  readonly base: string;
  readonly outside: string;
  readonly instance = randomBytes(3).toString('hex');
  readonly kernel: Kernel;
  readonly config: NetworkSettings;
  readonly events: Omit<EngineEvent, 'timeNano'>[] = [];
  readonly reports: string[] = [];
  networks!: Networks;

  private constructor(parts: { closing: AsyncDisposableStack; root: string; kernel: Kernel; config: NetworkSettings }) {
    this.#closing = parts.closing;
    this.root = parts.root;
    this.kernel = parts.kernel;
    this.config = parts.config;
    this.base = join(parts.root, 'base');
    this.outside = join(parts.root, 'outside');
  }

  static async open({ config = {}, byPrograms = [] }: WorldOptions = {}): Promise<NetworkWorld> {
    const undo = new AsyncDisposableStack();
    const root = undo.use(await temporaryDirectory()).path;
    const maker = undo.use(await openKernel());
    for (const pin of ['base', 'outside'].map((name) => join(root, name))) {
      await maker.createNamespace(pin);
      undo.defer(async () => {
        await maker.removeNamespace(pin);
      });
    }
    const kernel = undo.use(await openKernel({ networkNamespace: join(root, 'base'), byPrograms }));
    const world = new NetworkWorld({ closing: undo, root, kernel, config });
    await world.#layOut();
    await world.start();
    return world;
  }

  /** Opens the networks (again). */
  async start(): Promise<Networks> {
    const { kernel, instance, root, config } = this;
    this.networks = await openNetworks({
      kernel,
      instance,
      config,
      dataRoot: join(root, 'data'),
      runRoot: join(root, 'run'),
      events: { publish: (event) => void this.events.push(event) },
      report: (problem) => void this.reports.push(problem),
    });
    return this.networks;
  }

  request(name: string, more: Partial<SandboxRequest> = {}): SandboxRequest {
    const container = Buffer.from(name).toString('hex').padEnd(64, '0') as ContainerId;
    const files = { dns: [], dnsSearch: [], dnsOptions: [], extraHosts: [], sysctls: {} };
    return {
      container,
      containerName: name,
      hostname: name,
      domainname: '',
      networkMode: 'bridge',
      networks: {},
      ports: [],
      ...files,
      ...more,
    };
  }

  /** A server inside a namespace that tells each client `name address-of-the-client`. */
  async serve(pin: string | undefined, { name, port }: { name: string; port: number }): Promise<void> {
    const { descriptor } = await this.kernel.openSocket({
      ...(pin !== undefined && { namespace: pin }),
      protocol: 'tcp',
      address: '::',
      port,
      isDualStack: true,
    });
    const server = createServer((client) => {
      client.on('error', () => undefined);
      client.end(`${name} ${(client.remoteAddress ?? '').replace('::ffff:', '')}`);
    });
    server.listen({ fd: descriptor });
    await once(server, 'listening');
    this.#closing.defer(() => {
      server.close();
    });
  }

  /** What a client inside a namespace is told at `address:port`; fails where it hears nothing for so long. Who expects nothing need not wait as for an answer. */
  async fetch(pin: string, at: string, patienceSeconds = 30): Promise<string> {
    const [, address = '', port = ''] = /^(.*):(\d+)$/.exec(at) ?? [];
    const { stdout } = await this.inside(pin, ['timeout', String(patienceSeconds), 'busybox', 'nc', address, port]);
    if (stdout === '') throw new Error(`nothing at ${at}`);
    return stdout;
  }

  inside(pin: string, command: readonly string[]): Promise<{ stdout: string; stderr: string }> {
    return run('nsenter', [`--net=${pin}`, ...command]);
  }

  /** A bridge in the base namespace that the neighbour is on. */
  async #layOut(): Promise<void> {
    const { kernel } = this;
    await kernel.changeLink('lo', { isUp: true });
    await kernel.createBridge({ name: 'out0' });
    await kernel.addAddress('out0', '10.99.0.1/24');
    await kernel.addAddress('out0', 'fd99::1/64');
    const routes = [
      { destination: '0.0.0.0/0', gateway: '10.99.0.1' },
      { destination: '::/0', gateway: 'fd99::1' },
    ];
    await kernel.layCable({
      name: 'vout',
      bridge: 'out0',
      namespace: this.outside,
      inside: { name: 'eth0', addresses: ['10.99.0.2/24', 'fd99::2/64'], routes },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.networks.dropLeftovers(new Set());
    await this.networks[Symbol.asyncDispose]();
    await this.#closing.disposeAsync();
  }
}
