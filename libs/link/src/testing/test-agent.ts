import { join } from 'node:path';
import { temporaryDirectory } from '@gantry/base/testing';
import { Identity } from '../identity/identity.ts';
import { ServerEpoch } from '../identity/server-epoch.ts';
import { enrol, type Membership } from '../join/enrol.ts';
import { parseJoinCode } from '../join/join-code.ts';
import type { HostFacts } from '../join/messages.ts';
import { ServerLink, type ServerLinkOptions } from '../join/server-link.ts';
import { Spool } from '../reports/spool.ts';
import type { LinkServer } from './link-server.ts';

export const facts: HostFacts = {
  hostname: 'host-a',
  operatingSystem: 'Debian 12',
  kernel: '6.1.0',
  architecture: 'x64',
  cpus: 2,
  memoryBytes: 1024,
  engine: { kind: 'none', version: '', apiVersion: '' },
  agentVersion: '0.1.0',
  addresses: [],
  bootId: 'boot',
};

/** A host that has joined the server, with a spool of its own; `link` runs its link until disposed. */
export class TestAgent implements AsyncDisposable {
  readonly identity: Identity;
  readonly membership: Membership;
  readonly spool: Spool;
  readonly epoch: ServerEpoch;
  readonly #opened: AsyncDisposableStack;

  private constructor(parts: {
    identity: Identity;
    membership: Membership;
    spool: Spool;
    epoch: ServerEpoch;
    opened: AsyncDisposableStack;
  }) {
    this.identity = parts.identity;
    this.membership = parts.membership;
    this.spool = parts.spool;
    this.epoch = parts.epoch;
    this.#opened = parts.opened;
  }

  static async join(server: LinkServer): Promise<TestAgent> {
    await using undo = new AsyncDisposableStack();
    const { path } = undo.use(await temporaryDirectory());
    const identity = await Identity.open(join(path, 'agent.key'));
    const code = parseJoinCode(server.makeCode().text);
    const membership = await enrol({ url: server.url, code, identity, facts }, AbortSignal.timeout(60_000));
    const spool = undo.use(await Spool.open(join(path, 'spool')));
    const epoch = await ServerEpoch.open(join(path, 'epoch.json'), membership.serverFingerprint);
    return new TestAgent({ identity, membership, spool, epoch, opened: undo.move() });
  }

  /** Runs a link until the agent is disposed or the returned function is called. */
  link(options: Partial<ServerLinkOptions> = {}): { link: ServerLink; stop: () => Promise<void> } {
    const { membership, identity, spool, epoch } = this;
    const stopping = new AbortController();
    const link = new ServerLink({ membership, identity, spool, epoch, serve: () => undefined, random: () => 0.01, ...options });
    const ended = link.run(stopping.signal);
    const stop = async (): Promise<void> => {
      stopping.abort();
      await ended;
    };
    this.#opened.defer(stop);
    return { link, stop };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened.disposeAsync();
  }
}
