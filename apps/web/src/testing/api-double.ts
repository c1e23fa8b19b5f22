import { createServer, type IncomingMessage, type Server as HttpServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { canMask, everywhere, type RoleName } from '@gantry/access';
import { BrowserGreeting, contractVersion, type FleetEvent, type NewJob } from '@gantry/contract';
import type { Engine, FleetRow } from '@gantry/engine-api';
import { serveEngineOver } from '@gantry/link';
import { socketWire, type WireSocket } from '@gantry/link/browser';
import { Server } from 'socket.io';
import { accessAnswers, explainDouble } from './access-double.ts';
import { accountAnswers } from './account-double.ts';
import { auditDouble } from './audit-double.ts';
import { dressed, json, overHttp, serveFile } from './double-answers.ts';
import { castDouble, recordingsDouble } from './recordings-double.ts';
import { engineDouble } from './engine-double.ts';
import { terminalsDouble } from './terminals-double.ts';
import { JobsDouble } from './jobs-double.ts';
import { changeDouble, columnsDouble, packedDouble } from './socket-double.ts';
import {
  eventsDouble,
  eventsPageDouble,
  groupDouble,
  historyDouble,
  hostDouble,
  overviewDouble,
  owner,
  person,
  rowDouble,
  sampleDouble,
} from './fleet-double.ts';

export interface ApiDouble extends AsyncDisposable {
  readonly url: string;
  readonly asked: readonly string[];
  /** Changes rows and tells the page, as a host's report does. */
  change(rows: readonly FleetRow[]): void;
  /** What an engine tells, as it happens. */
  tell(events: readonly FleetEvent[]): void;
  /** A host that has just joined. */
  join(): void;
  /** Comes back as a server of another build, whose contract has this version. */
  upgrade(contract: string): void;
  readonly rows: ReadonlyMap<string, FleetRow>;
  readonly jobs: JobsDouble;
}

export interface DoubleOptions {
  readonly rows: number;
  readonly hosts: number;
  readonly isSetUp?: boolean;
  readonly isSignedIn?: boolean;
  readonly logLines?: number;
  /** Lines a second that each followed log grows by. */
  readonly logRate?: number;
  /** Stands among the lines of every log. */
  readonly extraLogLine?: string;
  /** Changes every answer in JSON, the server's and the engines', before a page gets it. */
  readonly dress?: (answer: unknown) => unknown;
  readonly role?: RoleName;
  /** The id of a host whose engine fails whenever it is asked for a list. */
  readonly failingHost?: string;
  /** Row changes per second, besides the numbers. */
  readonly churn?: number;
}

/** Server and fleet of fakes, for pages only: it serves the built web app, keeps no rule and checks no right. */
export async function startApiDouble(options: DoubleOptions): Promise<ApiDouble> {
  const double = new Double(options);
  await double.listen();
  return double;
}

const otherAnswers: Readonly<Partial<Record<string, unknown>>> = { 'GET /api/host-groups': [groupDouble] };

const viewersMask = canMask(everywhere('viewer'), { kind: 'container', host: '', groups: [], labels: {}, id: '' });

const statesAfter: Partial<Record<string, FleetRow['state']>> = {
  start: 'running',
  restart: 'running',
  stop: 'exited',
  pause: 'paused',
  unpause: 'running',
  kill: 'exited',
};

/** What is answered alike, whatever was done before. */
const fixed: Readonly<Record<string, unknown>> = { ...accountAnswers, ...accessAnswers };

class Double implements ApiDouble {
  readonly asked: string[] = [];
  readonly rows = new Map<string, FleetRow>();
  readonly #options: DoubleOptions;
  readonly #http: HttpServer;
  readonly #sockets: Server;
  readonly #ticking: NodeJS.Timeout[] = [];
  readonly #engine: Engine;
  readonly jobs: JobsDouble;
  #watched: ReadonlySet<number> = new Set();
  readonly #told: FleetEvent[] = [];
  #sequence = 1;
  #hosts: number;
  #contract = contractVersion();
  #isSetUp: boolean;
  #isSignedIn: boolean;

  constructor(options: DoubleOptions) {
    this.#options = options;
    this.#hosts = options.hosts;
    this.#isSetUp = options.isSetUp ?? true;
    this.#isSignedIn = options.isSignedIn ?? this.#isSetUp;
    for (let key = 0; key < options.rows; key++) {
      const row = rowDouble(key, options.hosts);
      this.rows.set(row.id, options.role === 'viewer' ? { ...row, can: viewersMask } : row);
    }
    const engine = engineDouble({
      rows: this.rows,
      asked: this.asked,
      logLines: options.logLines ?? 2000,
      logRate: options.logRate,
      extraLogLine: options.extraLogLine,
      failingHost: options.failingHost,
      hidesEnvironment: options.role === 'viewer',
      effect: (row, verb) => this.#effect(row, verb),
    });
    this.#engine = options.dress ? dressed(engine, options.dress) : engine;
    this.jobs = new JobsDouble(this.#engine, this.rows, (message) => this.#sockets.of('/browser').emit('jobs', message));
    this.#http = createServer((request, response) => void this.#answer(request, response));
    this.#sockets = new Server(this.#http, { transports: ['websocket'] });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  async listen(): Promise<void> {
    this.#sockets.of('/browser').on('connection', (socket) => {
      if (BrowserGreeting.parse(socket.handshake.auth).contract !== this.#contract) socket.emit('outdated', { contract: this.#contract });
      serveEngineOver(socketWire(socket as WireSocket), this.#engine, { caller: { kind: 'gantry', part: 'double' }, batchMs: 40 });
      socket.on('watch', ({ keys }: { keys: number[] }) => {
        this.#watched = new Set(keys);
      });
    });
    await new Promise<void>((resolve) => this.#http.listen(0, '127.0.0.1', resolve));
    this.#ticking.push(setInterval(() => this.#tick(), 1000));
    const { churn } = this.#options;
    if (churn) this.#ticking.push(setInterval(() => this.#churn(churn / 4), 250));
  }

  change(rows: readonly FleetRow[]): void {
    const upserts = rows.filter(({ id }) => !this.rows.has(id));
    const changes = rows.flatMap((row) => changeDouble(this.rows.get(row.id), row));
    for (const row of rows) this.rows.set(row.id, row);
    this.#sockets.of('/browser').emit('fleet', packedDouble({ epoch: 'e', sequence: ++this.#sequence, upserts, changes, gone: [] }));
  }

  tell(events: readonly FleetEvent[]): void {
    this.#told.unshift(...events);
    this.#sockets.of('/browser').emit('events', events);
  }

  join(): void {
    const joined = { ...hostDouble(this.#hosts++, 0), link: 'live', joinedAt: new Date().toISOString() };
    this.#sockets.of('/browser').emit('hosts', { upserts: [joined], gone: [] });
  }

  upgrade(contract: string): void {
    this.#contract = contract;
    for (const { conn } of this.#sockets.of('/browser').sockets.values()) conn.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#ticking) clearInterval(timer);
    this.#http.closeAllConnections();
    await this.#sockets.close();
  }

  #effect(row: FleetRow, verb: string): number {
    const revision = row.revision + 1;
    const state = statesAfter[verb] ?? 'removing';
    setTimeout(() => this.change([{ ...row, state, revision }]), 400);
    return revision;
  }

  #tick(): void {
    const atMs = Date.now();
    const shown = [...this.rows.values()].filter(({ key, state }) => state === 'running' && this.#watched.has(key));
    this.#sockets.of('/browser').emit('samples', packedDouble(columnsDouble(shown.map((row) => sampleDouble(row, atMs)))));
    const loads = this.#hostList().flatMap(({ id, load, link }) =>
      load && link === 'live'
        ? [
            {
              ...load,
              host: id,
              cpuPermille: load.cpuPermille + 60 * Math.sin(atMs / 4000),
              memoryBytes: load.memoryBytes * (1 + Math.sin(atMs / 9000) / 60),
            },
          ]
        : [],
    );
    this.#sockets.of('/browser').emit('hostSamples', loads);
  }

  #churn(count: number): void {
    const all = [...this.rows.values()];
    const start = (this.#sequence * count) % all.length;
    this.change(all.slice(start, start + count).map((row) => ({ ...row, revision: row.revision + 1, observedAtMs: Date.now() })));
  }

  #hostList() {
    return Array.from({ length: this.#hosts }, (_, index) => hostDouble(index, Math.floor(this.#options.rows / Math.max(1, this.#hosts))));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://double');
    if (pathname.startsWith('/engine/')) return overHttp(this.#engine, request, response);
    if (!pathname.startsWith('/api/')) return serveFile(pathname, response);
    const { dress = (same: unknown) => same } = this.#options;
    const tell = (body: unknown): void => json(response, 200, dress(body));
    if (pathname.startsWith('/api/jobs')) return tell(await this.#jobs(request, pathname));
    if (pathname === '/api/events') return tell(eventsPageDouble([...this.rows.values()], searchParams, this.#told));
    if (pathname === '/api/audit') return tell(auditDouble([...this.rows.values()], searchParams));
    if (pathname === '/api/terminals') return tell(terminalsDouble([...this.rows.values()]));
    if (pathname === '/api/recordings') return tell(recordingsDouble([...this.rows.values()]));
    if (pathname === '/api/access/explain') return tell(explainDouble(searchParams));
    if (pathname.endsWith('/cast')) return void response.writeHead(200, { 'content-type': 'text/plain' }).end(castDouble());
    const answer = this.#api(`${request.method ?? ''} ${pathname}`);
    if (answer instanceof Refusal) json(response, answer.status, { code: answer.code, message: answer.message });
    else if (answer === undefined) response.writeHead(204).end();
    else tell(answer);
  }

  async #jobs(request: IncomingMessage, pathname: string): Promise<unknown> {
    if (request.method === 'GET') return this.jobs.list;
    if (pathname === '/api/jobs') return this.jobs.create(JSON.parse(await textOf(request)) as NewJob);
    this.jobs.cancel(pathname.split('/')[3] ?? '');
    return {};
  }

  #api(call: string): unknown {
    const rows = [...this.rows.values()];
    const atMs = Date.now();
    if (Object.hasOwn(fixed, call)) return fixed[call];
    switch (call) {
      case 'GET /api/setup':
        return { isSetUp: this.#isSetUp, isSignedIn: this.#isSignedIn, providers: [{ key: 'corp', name: 'Corp' }] };
      case 'POST /api/setup':
        this.#isSetUp = this.#isSignedIn = true;
        return owner;
      case 'POST /api/session':
        this.#isSignedIn = true;
        return owner;
      case 'DELETE /api/session':
        this.#isSignedIn = false;
        return undefined;
      case 'GET /api/me':
        return this.#isSignedIn ? person(this.#options.role ?? 'owner') : new Refusal(401, 'unauthenticated', 'nobody is signed in');
      case 'GET /api/fleet': {
        const running = rows.filter(({ state }) => state === 'running');
        return { epoch: 'e', sequence: this.#sequence, rows, samples: running.map((row) => sampleDouble(row, atMs)) };
      }
      case 'GET /api/hosts':
        return this.#hostList();
      case 'GET /api/overview':
        return overviewDouble(eventsDouble(rows));
      case 'POST /api/join-codes':
        return {
          id: 'j1',
          code: 'j1.k7Qx9v.4fQe9c1m',
          url: 'https://gantry.example:7443',
          command: '',
          usesLeft: 1,
          createdAt: new Date().toISOString(),
          hosts: [],
        };
      default:
        return call.endsWith('/history') ? this.#history(call) : (otherAnswers[call] ?? owner.preferences);
    }
  }

  #history(call: string): unknown {
    const row = this.rows.get(/containers\/(\w+)/.exec(call)?.[1] ?? '');
    return historyDouble(row, row ? 90 : 360);
  }
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  return Buffer.concat(await Array.fromAsync(body)).toString();
}

class Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;

  constructor(status: number, code: string, message: string) {
    this.status = status;
    this.code = code;
    this.message = message;
  }
}
