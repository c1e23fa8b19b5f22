import { randomBytes } from 'node:crypto';
import { Failure } from '@gantry/base';
import type { Socket } from 'socket.io';
import { isSignedBy, fingerprintOf } from '../identity/identity.ts';
import { connectionText, enrolmentText, identityText, type Transcript } from '../identity/transcript.ts';
import { ReportReceiver } from '../reports/report-receiver.ts';
import { Samples } from '../reports/report.ts';
import type { VisitedDoor } from './agent-door-options.ts';
import { AgentLink } from './agent-link.ts';
import { hashSecret } from './join-code.ts';
import * as m from './messages.ts';

type Step =
  | { readonly name: 'new' | 'busy' | 'over' }
  | { readonly name: 'identified'; readonly serverNonce: string }
  | { readonly name: 'challenged'; readonly hello: m.Hello; readonly transcript: Transcript; readonly publicKey: string | undefined }
  | { readonly name: 'proven'; readonly receive: (event: string, message: unknown) => Promise<unknown> };

/** One connection of somebody who says to be an agent, from its first packet to its proof; after it, the link's messages. */
export class AgentVisit {
  readonly #door: VisitedDoor;
  readonly #socket: Socket;
  readonly #limit: NodeJS.Timeout;
  #step: Step = { name: 'new' };

  private constructor(door: VisitedDoor, socket: Socket) {
    this.#door = door;
    this.#socket = socket;
    this.#limit = setTimeout(() => this.#refuse(new Failure('unauthenticated', 'no proof in time')), m.proofLimitMs);
  }

  static receive(door: VisitedDoor, socket: Socket): void {
    const visit = new AgentVisit(door, socket);
    socket.conn.on('packet', ({ data }: { data?: unknown }) => visit.#weigh(data));
    socket.on('error', () => socket.disconnect(true));
    socket.on('disconnect', () => visit.#leave());
    socket.onAny((event: string, ...words: unknown[]) => visit.#hear(event, words));
  }

  /** Looks at the size of each raw packet before it is parsed. */
  #weigh(data: unknown): void {
    const isHeavy = (typeof data === 'string' || data instanceof Uint8Array) && data.length > m.largestPacketBeforeProofBytes;
    if (isHeavy && this.#step.name !== 'proven') this.#refuse(new Failure('invalid', 'packet too large before proof'));
  }

  #hear(event: string, words: readonly unknown[]): void {
    if (this.#step.name === 'over') return;
    const last = words.at(-1);
    const answer = typeof last === 'function' ? (last as (answer: m.Answer) => void) : undefined;
    const message = words[0];
    if (this.#step.name === 'proven') this.#hearProven(this.#step.receive(event, message), answer);
    else void this.#hearStranger({ event, message, answer });
  }

  #hearProven(work: Promise<unknown>, answer: ((answer: m.Answer) => void) | undefined): void {
    void m.packAnswer(() => work).then((packed) => answer?.(packed));
  }

  async #hearStranger({
    event,
    message,
    answer,
  }: {
    event: string;
    message: unknown;
    answer: ((answer: m.Answer) => void) | undefined;
  }): Promise<void> {
    const packed = await m.packAnswer(async () => {
      try {
        return await this.#advance(event, message);
      } catch (thrown) {
        const failure = Failure.from(thrown);
        this.#door.options.onRefused?.(this.#socket.handshake.address, failure);
        this.#end();
        throw failure;
      }
    });
    answer?.(packed);
    // The answer is written before the connection ends.
    if (!packed.ok) this.#socket.disconnect(true);
  }

  #advance(event: string, message: unknown): Promise<unknown> {
    const step = this.#step;
    this.#step = { name: 'busy' };
    if (event === 'identify' && step.name === 'new') return this.#identify(message);
    if (event === 'enrol' && step.name === 'identified') return this.#enrol(message, step.serverNonce);
    if (event === 'hello' && step.name === 'new') return this.#challenge(message);
    if (event === 'prove' && step.name === 'challenged') return this.#prove(message, step);
    throw new Failure('unauthenticated', `${event} is not allowed before the proof`);
  }

  async #identify(message: unknown): Promise<m.Identified> {
    this.#door.admission.enter();
    const { nonce } = m.parseMessage(m.Identify, 'identify', message);
    const { identity, ca = '' } = this.#door.options;
    const serverNonce = makeNonce();
    const signature = identity.sign(identityText({ agentNonce: nonce, serverNonce, ca }));
    this.#step = { name: 'identified', serverNonce };
    return Promise.resolve({ serverKey: identity.publicKey, nonce: serverNonce, ca, signature });
  }

  async #enrol(message: unknown, serverNonce: string): Promise<m.Enrolled> {
    const { joinCodeId, secret, publicKey, facts, signature } = m.parseMessage(m.Enrol, 'enrol', message);
    const { identity, joinCodes } = this.#door.options;
    const text = enrolmentText({ joinCodeId, serverNonce, serverFingerprint: identity.fingerprint, publicKey });
    if (!isSignedBy(publicKey, text, signature)) throw new Failure('unauthenticated', 'the enrolment is not signed by its key');
    const remoteAddress = this.#socket.handshake.address;
    const enrolled = await joinCodes.redeem({ joinCodeId, secretHash: hashSecret(secret), publicKey, facts, remoteAddress });
    this.#end();
    // The agent hangs up once it has stored the answer; one that does not is cut off.
    setTimeout(() => this.#socket.disconnect(true), m.proofLimitMs).unref();
    return enrolled;
  }

  async #challenge(message: unknown): Promise<m.Challenge> {
    this.#door.admission.enter();
    const hello = m.parseMessage(m.Hello, 'hello', message);
    const { identity, epoch, agents } = this.#door.options;
    const protocol = chooseProtocol(hello.protocols);
    const known = await agents.find(hello.agentId);
    const transcript: Transcript = {
      role: hello.role,
      agentId: hello.agentId,
      agentNonce: hello.nonce,
      serverNonce: makeNonce(),
      // For an unknown agent the challenge looks the same, and no proof can answer it.
      agentFingerprint: known ? fingerprintOf(known.publicKey) : '',
      serverFingerprint: identity.fingerprint,
      protocol,
      serverEpoch: epoch,
      linkId: hello.linkId ?? '',
    };
    if (this.#step.name !== 'over') this.#step = { name: 'challenged', hello, transcript, publicKey: known?.publicKey };
    const signature = identity.sign(connectionText('server', transcript));
    return { serverKey: identity.publicKey, nonce: transcript.serverNonce, serverEpoch: epoch, protocol, signature };
  }

  async #prove(message: unknown, step: Step & { name: 'challenged' }): Promise<m.Welcome> {
    const { signature } = m.parseMessage(m.Prove, 'prove', message);
    const { hello, transcript, publicKey } = step;
    if (!publicKey || !isSignedBy(publicKey, connectionText('agent', transcript), signature)) {
      throw new Failure('unauthenticated', `agent ${hello.agentId} is not known here, or its key is another`);
    }
    // Looked up again: it may have been revoked since the challenge.
    const known = await this.#door.options.agents.find(hello.agentId);
    if (known?.state !== 'active' && known?.state !== 'pending') {
      throw new Failure('forbidden', `agent ${hello.agentId} is ${known?.state ?? 'removed'}`);
    }
    clearTimeout(this.#limit);
    return hello.role === 'bulk'
      ? this.#becomeBulk(hello)
      : this.#becomeControl(hello, { state: known.state, protocol: transcript.protocol });
  }

  #becomeBulk(hello: m.Hello): Promise<m.Welcome> {
    const link = this.#door.link(hello.agentId);
    if (!link || link.linkId !== hello.linkId || link.state !== 'active') {
      throw new Failure('conflict', 'a bulk connection belongs to no live control link');
    }
    this.#stayConnected();
    this.#step = { name: 'proven', receive: (event) => Promise.resolve(this.#receiveBulk(event, link)) };
    return Promise.resolve(this.#welcome(link, 0));
  }

  async #becomeControl(hello: m.Hello, peer: { state: 'active' | 'pending'; protocol: number }): Promise<m.Welcome> {
    const { reports: store, onLink, bulkIdleMs } = this.#door.options;
    this.#stayConnected();
    const link = new AgentLink(this.#socket, { hello, ...peer, ...(bulkIdleMs === undefined ? {} : { bulkIdleMs }) });
    await this.#door.replace(link);
    const last = await store.lastSequence(link.agentId);
    const acknowledge = (sequence: number): boolean => this.#socket.emit('reported', { sequence });
    const receiver = new ReportReceiver({ agentId: link.agentId, store, last, acknowledge });
    if (link.closed.aborted) throw Failure.from(link.closed.reason);
    let start: (() => void) | undefined = () => {
      link.ready();
      onLink(link);
    };
    this.#step = {
      name: 'proven',
      receive: (event, message) => {
        if (event === 'ready') start?.();
        if (event === 'ready') start = undefined;
        return this.#receive(event, { link, receiver, message });
      },
    };
    return this.#welcome(link, last);
  }

  #welcome(link: AgentLink, lastSequence: number): m.Welcome {
    const { capabilities = [], ca = '' } = this.#door.options;
    return { linkId: link.linkId, state: link.state, lastSequence, capabilities: [...capabilities], ca };
  }

  async #receive(event: string, at: { link: AgentLink; receiver: ReportReceiver; message: unknown }): Promise<unknown> {
    const { link, receiver, message } = at;
    link.heard();
    if (event === 'ping' || event === 'f' || event === 'ready') return undefined;
    if (link.state === 'pending') throw new Failure('forbidden', 'this host waits for approval');
    if (event === 'samples') return this.#door.options.onSamples?.(link, m.parseMessage(Samples, 'samples', message));
    if (event !== 'report')
      throw new Failure('unsupported', `this server does not know ${event}: it needs a newer protocol than ${m.protocols.newest}`);
    try {
      return await receiver.receive(message);
    } catch (thrown) {
      link.close(Failure.from(thrown));
      throw thrown;
    }
  }

  #receiveBulk(event: string, link: AgentLink): void {
    link.heard();
    if (event === 'ready') link.attachBulk(this.#socket);
  }

  #stayConnected(): void {
    if (!this.#socket.connected) throw new Failure('unavailable', 'the agent hung up');
  }

  #refuse(failure: Failure): void {
    this.#door.options.onRefused?.(this.#socket.handshake.address, failure);
    this.#end();
    this.#socket.disconnect(true);
  }

  #end(): void {
    clearTimeout(this.#limit);
    this.#step = { name: 'over' };
  }

  #leave(): void {
    this.#end();
  }
}

function makeNonce(): string {
  return randomBytes(24).toString('base64url');
}

function chooseProtocol(offered: { newest: number; oldest: number }): number {
  const protocol = Math.min(offered.newest, m.protocols.newest);
  if (protocol >= Math.max(offered.oldest, m.protocols.oldest)) return protocol;
  const agents = `the agent speaks ${offered.oldest} to ${offered.newest}`;
  throw new Failure('unsupported', `${agents}, this server ${m.protocols.oldest} to ${m.protocols.newest}: upgrade the older of them`);
}
