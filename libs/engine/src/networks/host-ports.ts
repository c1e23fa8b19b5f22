import { closeSync } from 'node:fs';
import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import { type BoundSocket, errnoOf, type Kernel, Splicer } from '@gantry/linux';
import type { ContainerId } from '../ids.ts';
import { DatagramProxy } from './datagram-proxy.ts';
import { PortProxy } from './port-proxy.ts';
import type { PublishedPort } from './sandboxes.ts';

/** Who asks for ports, for the errors: dockerd names the endpoint. */
export interface PortOwner {
  readonly container: ContainerId;
  readonly name: string;
  readonly endpointId: string;
}

/** Where a container's published ports lead. */
export interface PortLease extends AsyncDisposable {
  /** With the host ports that were chosen. */
  readonly ports: readonly PublishedPort[];
}

/** The address that the ports lead to at the moment. */
export type TargetAddress = () => string | undefined;

interface Holding {
  readonly port: PublishedPort;
  readonly owner: PortOwner;
}

/** The host's ports that containers publish: each is held by a socket, so that no program of the host gets it as well. */
export class HostPorts implements AsyncDisposable {
  readonly #kernel: Kernel;
  readonly #splicer = new Splicer();
  readonly #held = new Map<string, Holding[]>();
  #hasIpv6 = true;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** Takes all ports or none. A taken one is a `conflict` in dockerd's words, told before anything is changed. */
  async take(ports: readonly PublishedPort[], owner: PortOwner, target: TargetAddress): Promise<PortLease> {
    await using undo = new AsyncDisposableStack();
    const taken: PublishedPort[] = [];
    for (const port of ports) {
      await using one = new AsyncDisposableStack();
      const { actual, socket } = await this.#takeFirst(port, owner, one);
      one.use(this.#serve(socket, actual, target));
      undo.use(one.move());
      taken.push(actual);
    }
    const lease = undo.move();
    return { ports: taken, [Symbol.asyncDispose]: () => lease.disposeAsync() };
  }

  /** The preferred one; else the port itself, or of a range the first that is free. */
  async #takeFirst(
    { preferredHostPort, ...asked }: PublishedPort,
    owner: PortOwner,
    undo: AsyncDisposableStack,
  ): Promise<{ actual: PublishedPort; socket: BoundSocket }> {
    const { lastHostPort, ...port } = asked;
    if (preferredHostPort !== undefined) {
      try {
        return await this.#takeFirst({ ...port, hostPort: preferredHostPort }, owner, undo);
      } catch (thrown) {
        if (Failure.from(thrown).code !== 'conflict') throw thrown;
      }
    }
    for (let hostPort = port.hostPort; ; hostPort++) {
      await using attempt = new AsyncDisposableStack();
      try {
        const wanted = { ...port, hostPort };
        if (wanted.hostPort !== 0) this.#note(wanted, owner, attempt);
        const socket = await this.#bind(wanted, owner);
        const actual = { ...wanted, hostPort: socket.port };
        if (wanted.hostPort === 0) this.#note(actual, owner, attempt);
        undo.use(attempt.move());
        return { actual, socket };
      } catch (thrown) {
        if (lastHostPort === undefined || Failure.from(thrown).code !== 'conflict') throw thrown;
        if (hostPort >= lastHostPort) throw portFailure(owner, messages.allPortsTaken, thrown);
      }
    }
  }

  /** The same for a container that runs: a port that somebody else got meanwhile is left to the rules and told, not refused. */
  async takeBack(
    ports: readonly PublishedPort[],
    owner: PortOwner,
    target: TargetAddress,
  ): Promise<PortLease & { readonly lost: readonly string[] }> {
    await using undo = new AsyncDisposableStack();
    const lost: string[] = [];
    for (const port of ports) {
      try {
        undo.use(await this.take([port], owner, target));
      } catch (thrown) {
        lost.push(Failure.from(thrown).message);
      }
    }
    const lease = undo.move();
    return { ports, lost, [Symbol.asyncDispose]: () => lease.disposeAsync() };
  }

  /** Once nothing is leased any more. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#splicer[Symbol.asyncDispose]();
  }

  #note(port: PublishedPort, owner: PortOwner, undo: AsyncDisposableStack): void {
    const key = `${port.hostPort}/${port.protocol}`;
    const holders = this.#held.get(key) ?? [];
    if (holders.some((held) => collide(held.port, port))) {
      throw portFailure(owner, `Bind for ${shownAddress(port)}:${port.hostPort} failed: port is already allocated`);
    }
    const holding = { port, owner };
    this.#held.set(key, [...holders, holding]);
    undo.defer(() => {
      const others = (this.#held.get(key) ?? []).filter((held) => held !== holding);
      if (others.length === 0) this.#held.delete(key);
      else this.#held.set(key, others);
    });
  }

  /** What the kernel has no sockets for no container of it could listen at: that is `unsupported`. */
  async #bind(port: PublishedPort, owner: PortOwner): Promise<BoundSocket> {
    const { protocol, hostPort } = port;
    const isWildcard = port.address === '' && this.#hasIpv6;
    const address = isWildcard ? '::' : port.address === '' ? '0.0.0.0' : port.address;
    try {
      return await this.#kernel.openSocket({ protocol, address, port: hostPort, isDualStack: isWildcard, isListening: protocol === 'tcp' });
    } catch (cause) {
      const errno = errnoOf(cause);
      if (isWildcard && (errno === 'EAFNOSUPPORT' || errno === 'EADDRNOTAVAIL')) {
        this.#hasIpv6 = false;
        return this.#bind(port, owner);
      }
      if (errno === 'EPROTONOSUPPORT')
        throw portFailure(
          owner,
          `the kernel of this host has no ${protocol.toUpperCase()} (CONFIG_IP_SCTP): ${hostPort}/${protocol}`,
          cause,
        );
      if (errno !== 'EADDRINUSE' && errno !== 'EADDRNOTAVAIL') throw cause;
      const why = errno === 'EADDRINUSE' ? 'address already in use' : 'cannot assign requested address';
      throw portFailure(owner, `failed to bind host port for ${shownAddress(port)}:${hostPort}/${protocol}: ${why}`, cause);
    }
  }

  #serve(socket: BoundSocket, port: PublishedPort, address: TargetAddress): AsyncDisposable {
    const target = { address, port: port.containerPort };
    // Held and not served: what no rule leads to the container is refused by the kernel.
    if (port.protocol === 'sctp') return new HeldSocket(socket.descriptor);
    if (port.protocol === 'tcp') return new PortProxy(socket.descriptor, target, this.#splicer.group());
    return new DatagramProxy(socket, target);
  }
}

/** A port that nobody else gets, and that nothing is carried from. */
class HeldSocket implements AsyncDisposable {
  readonly #descriptor: number;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  [Symbol.asyncDispose](): Promise<void> {
    closeSync(this.#descriptor);
    return Promise.resolve();
  }
}

const shownAddress = (port: PublishedPort): string => (port.address === '' ? '0.0.0.0' : port.address);

/** '' is every address of both families. */
function collide({ address: one }: PublishedPort, { address: other }: PublishedPort): boolean {
  if (one === '' || other === '' || one === other) return true;
  if (one.includes(':') !== other.includes(':')) return false;
  return [one, other].some((address) => address === '0.0.0.0' || address === '::');
}

function portFailure(owner: PortOwner, why: string, cause?: unknown): Failure {
  const message = `driver failed programming external connectivity on endpoint ${owner.name} (${owner.endpointId}): ${why}`;
  const isUnsupported = Failure.from(cause).code === 'unsupported';
  return new Failure(isUnsupported ? 'unsupported' : 'conflict', message, cause === undefined ? {} : { cause });
}
