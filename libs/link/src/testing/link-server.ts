import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Failure } from '@gantry/base';
import { Server, type Socket } from 'socket.io';
import { Identity } from '../identity/identity.ts';
import type { AgentDoorOptions, Enrolment } from '../join/agent-door-options.ts';
import { AgentDoor } from '../join/agent-door.ts';
import type { AgentLink } from '../join/agent-link.ts';
import { formatJoinCode, hashSecret, makeJoinCode } from '../join/join-code.ts';
import { agentNamespace, type Enrolled, largestMessageBytes } from '../join/messages.ts';
import type { Report } from '../reports/report.ts';

interface StoredAgent {
  publicKey: string;
  state: 'active' | 'pending' | 'quarantined' | 'revoked';
  joinCodeId: string;
}

interface StoredCode {
  secretHash: string;
  uses: number;
  expiresAtMs: number;
}

interface ListenOptions {
  readonly port?: number;
  readonly tls?: { readonly key: string; readonly cert: string } | undefined;
}

/** A server with nothing but the agents' door, on loopback, its stores in memory; what it saw is there to look at. */
export class LinkServer implements AsyncDisposable {
  readonly identity = Identity.generate();
  readonly agents = new Map<string, StoredAgent>();
  readonly codes = new Map<string, StoredCode>();
  readonly reports: Report[] = [];
  readonly links: AgentLink[] = [];
  readonly refusals: Failure[] = [];
  /** Set to make every commit fail. */
  storeFailure: Failure | undefined;
  readonly door: AgentDoor;
  readonly #http;
  readonly #io;
  readonly #scheme: 'http' | 'https';
  readonly #sequences = new Map<string, number>();

  private constructor(options: Partial<AgentDoorOptions>, tls: { key: string; cert: string } | undefined) {
    this.#scheme = tls ? 'https' : 'http';
    this.#http = tls ? createSecureServer(tls) : createServer();
    this.#io = new Server(this.#http, { transports: ['websocket'], maxHttpBufferSize: largestMessageBytes, perMessageDeflate: false });
    this.door = new AgentDoor({
      identity: this.identity,
      epoch: 1,
      agents: {
        find: (id) => Promise.resolve(this.agents.get(id)),
        quarantine: (id) => Promise.resolve(this.#setState(id, 'quarantined')),
      },
      joinCodes: { redeem: (enrolment) => Promise.resolve().then(() => this.#redeem(enrolment)) },
      reports: {
        lastSequence: (id) => Promise.resolve(this.#sequences.get(id) ?? 0),
        commit: (id, reports) => Promise.resolve().then(() => this.#commit(id, reports)),
      },
      onLink: (link) => this.links.push(link),
      onRefused: (_address, failure) => this.refusals.push(failure),
      ...(tls ? { ca: tls.cert } : {}),
      ...options,
    });
    this.#io.of(agentNamespace).on('connection', (socket: Socket) => this.door.accept(socket));
  }

  /** With `tls` (a key and the certificate that it signed itself, for `localhost`) as a server is by default, else in the clear. */
  static async start(options: Partial<AgentDoorOptions> = {}, { port = 0, tls }: ListenOptions = {}): Promise<LinkServer> {
    const server = new LinkServer(options, tls);
    await new Promise<void>((resolve) => server.#http.listen(port, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    return `${this.#scheme}://${this.#scheme === 'https' ? 'localhost' : '127.0.0.1'}:${(this.#http.address() as AddressInfo).port}`;
  }

  makeCode(stored: { uses?: number; expiresAtMs?: number } = {}): ReturnType<typeof makeJoinCode> & { text: string } {
    const code = makeJoinCode(this.identity.fingerprint);
    const { uses = 1, expiresAtMs = Date.now() + 60_000 } = stored;
    this.codes.set(code.id, { secretHash: hashSecret(code.secret), uses, expiresAtMs });
    return { ...code, text: formatJoinCode(code) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.door[Symbol.dispose]();
    await this.#io.close();
  }

  #redeem({ joinCodeId, secretHash, publicKey }: Enrolment): Enrolled {
    const code = this.codes.get(joinCodeId);
    if (code?.secretHash !== secretHash) throw new Failure('unauthenticated', `join code ${joinCodeId} is not known`);
    const known = [...this.agents].find(([, agent]) => agent.publicKey === publicKey && agent.joinCodeId === joinCodeId);
    if (known) return { agentId: known[0], state: 'active' };
    if (code.expiresAtMs < Date.now()) throw new Failure('unauthenticated', `join code ${joinCodeId} has expired`);
    if (code.uses === 0) throw new Failure('unauthenticated', `join code ${joinCodeId} was used already`);
    code.uses -= 1;
    const agentId = `agent-${this.agents.size + 1}`;
    this.agents.set(agentId, { publicKey, state: 'active', joinCodeId });
    return { agentId, state: 'active' };
  }

  #commit(agentId: string, reports: readonly Report[]): void {
    if (this.storeFailure) throw this.storeFailure;
    this.reports.push(...reports);
    this.#sequences.set(agentId, reports.at(-1)?.sequence ?? 0);
  }

  #setState(agentId: string, state: StoredAgent['state']): void {
    const agent = this.agents.get(agentId);
    if (agent) agent.state = state;
  }
}
