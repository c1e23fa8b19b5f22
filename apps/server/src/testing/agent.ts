import { join } from 'node:path';
import { temporaryDirectory } from '@gantry/base/testing';
import type { ContainerReport } from '@gantry/engine-api';
import { enrol, type HostFacts, Identity, parseJoinCode, ServerEpoch, ServerLink, type ServerLinkOptions, Spool } from '@gantry/link';

export const facts: HostFacts = {
  hostname: 'host-a',
  operatingSystem: 'Debian 12',
  kernel: '6.1.0',
  architecture: 'x64',
  cpus: 4,
  memoryBytes: 8_000_000_000,
  engine: { kind: 'native', version: '0.1.0', apiVersion: '1.51' },
  agentVersion: '0.1.0',
  addresses: ['192.0.2.1'],
  bootId: 'boot',
};

/** A container as an agent reports it; its id repeats one hex digit. */
export function container(digit: string, change: Partial<ContainerReport> = {}): ContainerReport {
  const plain = {
    createdAtMs: 1,
    restarts: 0,
    ports: [],
    networks: [],
    volumes: [],
    labels: {},
    isTruncated: false,
    limits: {},
    revision: 1,
  };
  const image = { ref: 'busybox:latest', id: `sha256:${digit.repeat(64)}` };
  return { ...plain, id: digit.repeat(64), name: `web-${digit}`, state: 'running', image, observedAtMs: 1, ...change };
}

/** An agent without an engine: joins with a code, keeps a link, says what the test wants. */
export class TestAgent implements AsyncDisposable {
  readonly id: string;
  readonly spool: Spool;
  readonly link: ServerLink;
  readonly #opened: AsyncDisposableStack;

  private constructor(parts: { id: string; spool: Spool; link: ServerLink; opened: AsyncDisposableStack }) {
    this.id = parts.id;
    this.spool = parts.spool;
    this.link = parts.link;
    this.#opened = parts.opened;
  }

  static async join(url: string, code: string, options: Partial<ServerLinkOptions> = {}): Promise<TestAgent> {
    await using undo = new AsyncDisposableStack();
    const { path } = undo.use(await temporaryDirectory());
    const identity = await Identity.open(join(path, 'agent.key'));
    const membership = await enrol({ url, code: parseJoinCode(code), identity, facts }, AbortSignal.timeout(60_000));
    const spool = undo.use(await Spool.open(join(path, 'spool')));
    const epoch = await ServerEpoch.open(join(path, 'epoch.json'), membership.serverFingerprint);
    const connected = Promise.withResolvers<undefined>();
    const onConnected = (): void => connected.resolve(undefined);
    const link = new ServerLink({
      membership,
      identity,
      spool,
      epoch,
      serve: () => undefined,
      random: () => 0.01,
      onConnected,
      ...options,
    });
    const stopping = new AbortController();
    const ended = link.run(stopping.signal);
    await connected.promise;
    undo.defer(async () => {
      stopping.abort();
      await ended;
    });
    return new TestAgent({ id: membership.agentId, spool, link, opened: undo.move() });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#opened.disposeAsync();
  }
}
