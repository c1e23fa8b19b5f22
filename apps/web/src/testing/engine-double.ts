import type { Bytes, Engine, EngineResponse, FleetRow } from '@gantry/engine-api';
import { multiplexedFrame, multiplexedStream, readSessionFrames, sessionBytes, sessionNote } from '@gantry/engine-api/client';
import { changesDouble, inspectedParts, topDouble } from './inspected-double.ts';
import { answerOfObjects } from './objects-double.ts';

const words = [
  '\x1b[36mINFO\x1b[0m  POST /api/v1/orders 201 \x1b[36m48ms\x1b[0m',
  '\x1b[36mINFO\x1b[0m  订单 88213 已发货 → 仓库 SHA-2',
  '\x1b[90mDEBUG\x1b[0m job 7f21c enqueued queue=mail',
  '\x1b[33mWARN\x1b[0m  slow query \x1b[36m812ms\x1b[0m SELECT … FROM orders WHERE tenant_id=$1',
  '\x1b[36mINFO\x1b[0m  cache hit user:88213',
  '\x1b[31mERROR\x1b[0m upstream billing-api:3000 timed out after \x1b[36m5000ms\x1b[0m (attempt 2/3)',
  '\x1b[36mINFO\x1b[0m  GET /healthz 200 \x1b[36m1ms\x1b[0m',
];
const prompt = '\x1b[32mroot@shop-api-6\x1b[0m:\x1b[34m/app\x1b[0m# ';

export interface EngineDouble {
  readonly rows: ReadonlyMap<string, FleetRow>;
  /** What was asked for: `POST start <name>`. */
  readonly asked: string[];
  /** Changes a row as a real report would; answers with the number of the report. */
  readonly effect: (row: FleetRow, verb: string) => number;
  readonly logLines: number;
  /** How many lines a second each log that is followed grows by; else one each 400 ms. */
  readonly logRate?: number | undefined;
  readonly extraLogLine?: string | undefined;
  /** Who may not read them gets stars for the values of the environment. */
  readonly hidesEnvironment: boolean;
  readonly failingHost: string | undefined;
}

/** Answers the few engine calls that the pages make; its shell echoes. */
export function engineDouble(double: EngineDouble): Engine {
  const startMs = Date.now() - double.logLines * lineMs;
  return ({ method, target, headers, signal }) => {
    const { pathname, searchParams: query } = new URL(target, 'http://double');
    const path = pathname.replace(/^\/engine\/[^/]+/, '');
    const parts = partsOf(path);
    const host = pathname.split('/')[2] ?? '';
    if (host === double.failingHost && !parts.id && method === 'GET') {
      double.asked.push(`failed ${parts.noun}`);
      return Promise.resolve(json(500, { message: `the disk of ${parts.noun} is gone` }));
    }
    const objects =
      parts.noun === 'sessions' || parts.noun === 'host'
        ? undefined
        : answerOfObjects({ ...parts, host, method, path, query, signal, rows: double.rows, asked: double.asked });
    return Promise.resolve(
      objects ??
        answer(double, {
          ...parts,
          method,
          signal,
          query,
          startMs,
          isReveal: headers.get('x-gantry-reveal') === '1',
          isLive: headers.get('x-gantry-live') === '1',
        }),
    );
  };
}

const lastWords = ['json', 'history', 'tag', 'get', 'df', 'create', 'prune', 'connect', 'disconnect', 'load'];

/** `/v1.51/<noun>/<id>/<verb>`; names of images hold slashes. */
function partsOf(path: string): { noun: string; id: string; verb: string } {
  const [, , noun = '', ...rest] = path.split('/').map(decodeURIComponent);
  if (noun === 'containers' || noun === 'exec' || noun === 'sessions') return { noun, id: rest[0] ?? '', verb: rest[1] ?? '' };
  const last = rest.at(-1) ?? '';
  const verb = lastWords.includes(last) ? last : '';
  return { noun, id: (verb ? rest.slice(0, -1) : rest).join('/'), verb };
}

interface Asked {
  readonly noun: string;
  readonly id: string;
  readonly verb: string;
  readonly method: string;
  readonly signal: AbortSignal;
  /** The page says that somebody wants to see values. */
  readonly isReveal: boolean;
  /** The newest lines of a log rather than all of them are wanted. */
  readonly isLive: boolean;
  readonly query: URLSearchParams;
  /** The time of the first line of the log. */
  readonly startMs: number;
}

function answer(double: EngineDouble, asked: Asked): EngineResponse {
  const { noun, id, verb, method } = asked;
  if (noun === 'sessions')
    return ['attach', 'join', 'watch'].includes(verb) ? { kind: 'hijacked', headers: new Map(), open: echo } : json(200, {});
  if (noun === 'host')
    return json(200, { isAllowed: false, why: 'hostShell is not true in its policy.json', user: 'root', program: '/bin/bash' });
  if (noun === 'info') return json(200, { DefaultRuntime: 'runc', LoggingDriver: 'json-file', CgroupVersion: '2' });
  if (noun === 'containers' && id === 'create') return json(201, { Id: [...double.rows.keys()][1], Warnings: [] });
  const row = double.rows.get(id);
  if (!row) return json(404, { message: `No such container: ${id}` });
  if (verb === 'json') return json(200, inspection(row, double.hidesEnvironment || !asked.isReveal));
  if (verb === 'top') return json(200, topDouble);
  if (verb === 'changes') return json(200, changesDouble);
  if (verb === 'exec') return json(201, { Id: 'e1' });
  if (verb === 'logs' && asked.isLive) double.asked.push(`live log ${row.name}`);
  if (verb === 'logs')
    return { kind: 'plain', status: 200, headers: new Map([['content-type', multiplexedStream]]), body: log(double, asked) };
  double.asked.push(`${method} ${verb || 'remove'} ${row.name}`);
  if (row.labels['refuses'] !== undefined) return json(409, { message: `container ${row.name} is in use` });
  const sequence = double.effect(row, verb || 'remove');
  return { kind: 'plain', status: 204, headers: new Map([['x-gantry-sequence', String(sequence)]]), body: new Uint8Array() };
}

const lineMs = 13;

function logLine(index: number, { startMs, extra }: { startMs: number; extra: string | undefined }): string {
  const said = extra === undefined ? words : [...words, extra];
  return `${new Date(startMs + index * lineMs).toISOString()} ${said[index % said.length] ?? ''} #${index}\n`;
}

/** The last lines that were there at the start, up to a time; then, where it is followed, one each 400 ms. */
async function* log({ logLines: count, logRate, extraLogLine: extra }: EngineDouble, { query, startMs, signal }: Asked): Bytes {
  const encoder = new TextEncoder();
  const until = query.has('until') ? Math.floor((Number(query.get('until')) * 1000 - startMs) / lineMs) + 1 : count;
  for (let index = Math.max(0, count - Number(query.get('tail') ?? count)); index < Math.min(count, until); index += 500) {
    const lines = Array.from({ length: Math.min(500, count - index, until - index) }, (_, at) => logLine(index + at, { startMs, extra }));
    yield multiplexedFrame('stdout', encoder.encode(lines.join('')));
  }
  if (query.get('follow') !== '1') return;
  if (logRate) {
    yield* fastLog(count, logRate, signal);
    return;
  }
  for (let index = count; !signal.aborted; index++) {
    await new Promise((resolve) => setTimeout(resolve, 400));
    yield multiplexedFrame(index % 9 ? 'stdout' : 'stderr', encoder.encode(logLine(index, { startMs, extra })));
  }
}

const tickMs = 20;

/** As many lines as are due each 20 ms, of now; a reader that is slow gets all of them later. */
async function* fastLog(count: number, rate: number, signal: AbortSignal): Bytes {
  const encoder = new TextEncoder();
  const beganMs = performance.now();
  for (let sent = 0; !signal.aborted;) {
    await new Promise((resolve) => setTimeout(resolve, tickMs));
    const due = Math.min(sent + rate / 5, Math.floor(((performance.now() - beganMs) / 1000) * rate));
    const at = new Date().toISOString();
    let text = '';
    for (; sent < due; sent++) text += `${at} ${words[sent % words.length] ?? ''} #${count + sent}\n`;
    const bytes = encoder.encode(text);
    for (let from = 0; from < bytes.length; from += 32_768) yield multiplexedFrame('stdout', bytes.subarray(from, from + 32_768));
  }
}

async function* echo(input: Bytes): Bytes {
  const shown = (text: string): Uint8Array => sessionBytes(new TextEncoder().encode(text));
  yield sessionNote({ kind: 'hello', start: 0, end: 0, columns: 80, rows: 24 });
  yield sessionNote({ kind: 'present', people: peopleDouble });
  yield shown(prompt);
  for await (const typed of readSessionFrames(input))
    if (typed instanceof Uint8Array) yield shown(new TextDecoder().decode(typed).replaceAll('\r', `\r\n${prompt}`));
}

const peopleDouble = [
  { id: '1', name: 'ada', mode: 'own' },
  { id: '2', name: 'lin.wei', mode: 'watch' },
] as const;

function inspection(row: FleetRow, hidesEnvironment: boolean): unknown {
  const environment = ['PATH=/usr/bin:/bin', 'DATABASE_PASSWORD=correct horse', 'MODE=production'];
  const { health, healthcheck, ...parts } = inspectedParts;
  return {
    ...parts,
    Id: row.id,
    Name: `/${row.name}`,
    Path: 'server',
    Args: ['--port', '3000'],
    State: { Status: row.state, Pid: 4211, ExitCode: 0, Health: health },
    Config: {
      Healthcheck: healthcheck,
      Labels: { team: 'shop' },
      Image: row.image.ref,
      Env: hidesEnvironment ? environment.map((entry) => entry.replace(/=.*/, '=***')) : environment,
      Tty: false,
    },
    HostConfig: { RestartPolicy: { Name: 'unless-stopped' }, NanoCpus: 2e9, Memory: row.limits.memoryBytes ?? 0 },
  };
}

function json(status: number, body: unknown): EngineResponse {
  return {
    kind: 'plain',
    status,
    headers: new Map([['content-type', 'application/json']]),
    body: new TextEncoder().encode(JSON.stringify(body)),
  };
}
