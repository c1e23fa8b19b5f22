import { Failure } from '@gantry/base';
import {
  type Call,
  type Handlers,
  hijack,
  empty,
  json,
  jsonText,
  messages,
  multiplexedStream,
  rawStream,
  stream,
  stringify,
} from '@gantry/engine-api';
import { attachContainer } from '../containers/attach-container.ts';
import { containerInspect, containerSummary } from './container-shapes.ts';
import { bodyOfVersion, createWarnings } from './create-versions.ts';
import type { CreateBody } from '../containers/container-config.ts';
import { containerLog } from '../containers/container-log.ts';
import type { Containers } from '../containers/containers.ts';
import { inspectContainer } from '../containers/inspect-container.ts';
import { hasLabel, listContainers } from '../containers/list-containers.ts';
import { readStats, type StatsReading, statsView } from '../containers/stats-container.ts';
import { untilMoment } from '../images/moment.ts';
import { ToldInspections } from './told-inspections.ts';
import { topContainer } from '../containers/top-container.ts';
import { waitForContainer } from '../containers/wait-container.ts';
import { sizeOf } from './terminal-size.ts';
import { setTimeout as sleep } from 'node:timers/promises';

const encoder = new TextEncoder();
const statsEveryMs = 1000;

/** The routes of containers: rows to verbs, and nothing else. */
export function containerHandlers(containers: Containers): Handlers {
  return { ...readHandlers(containers), ...lifeHandlers(containers), ...changeHandlers(containers), ...streamHandlers(containers) };
}

function readHandlers(containers: Containers): Handlers {
  const { host } = containers;
  const inspections = new ToldInspections();
  return {
    ContainerList: async (call) => {
      const { all, limit, size } = call.query;
      const rows = await listContainers(host, containers.all, { all, limit, size, filters: call.filters() });
      return json(
        200,
        rows.map((row) => containerSummary(call.version, row)),
      );
    },
    ContainerInspect: async ({ id, version, query: { size: withSize } }) => {
      const container = containers.find(id);
      const answer = async (): Promise<unknown> => containerInspect(version, await inspectContainer(host, container, { withSize }));
      return withSize ? json(200, await answer()) : jsonText(200, await inspections.text(container, version, answer));
    },
    ContainerChanges: async (call) => {
      const changes = await host.images.changesOf(containers.find(call.id).id);
      return json(200, changes.length > 0 ? changes : null);
    },
    ContainerTop: async (call) => json(200, await topContainer(host, containers.find(call.id), call.query.ps_args)),
    ContainerStats: async (call) => {
      const container = containers.find(call.id);
      if (call.query.stream && call.query['one-shot']) throw new Failure('invalid', messages.oneShotOfStream);
      if (!call.query.stream) {
        const before = call.query['one-shot'] ? undefined : await readStats(host, container);
        if (before?.metrics) await sleep(statsEveryMs, undefined, { signal: call.signal });
        return json(200, statsView(container, await readStats(host, container), before));
      }
      return stream({ 'content-type': 'application/json' }, statsStream(containers, call));
    },
  };
}

function lifeHandlers(containers: Containers): Handlers {
  return {
    ContainerCreate: async (call) => {
      const body = bodyOfVersion(call.version, (await call.json()) as CreateBody);
      const versioned = createWarnings(call.version, body);
      call.signal.throwIfAborted();
      const { name, platform } = call.query;
      const readOnlyReach = call.version.atLeast('1.44') ? 'all' : 'top';
      const { container, warnings } = await containers.create({ name, platform, body, readOnlyReach }, call.signal);
      return json(201, { Id: container.id, Warnings: [...warnings, ...versioned] });
    },
    ContainerStart: async (call) => {
      // dockerd's own measure: what is shorter than an object with a field is let pass.
      if (Number(call.request.headers.get('content-length') ?? 0) > 7) throw new Failure('invalid', messages.bodyOfStart);
      return empty((await containers.start(call.id, effect(call))) === 'started' ? 204 : 304);
    },
    ContainerStop: async (call) => {
      const options = { timeoutSeconds: call.query.t, signal: call.query.signal };
      effect(call);
      return empty((await containers.stop(call.id, options)) === 'stopped' ? 204 : 304);
    },
    ContainerRestart: async (call) => {
      effect(call);
      await containers.restart(call.id, { timeoutSeconds: call.query.t, signal: call.query.signal });
      return empty(204);
    },
    ContainerKill: async (call) => done(containers.kill(call.id, call.query.signal)),
    ContainerPause: async (call) => done(containers.pause(call.id)),
    ContainerUnpause: async (call) => done(containers.unpause(call.id)),
    ContainerRename: async (call) => done(containers.rename(call.id, call.query.name)),
    ContainerResize: async (call) => {
      await containers.resize(call.id, sizeOf(call.query));
      return empty(200);
    },
  };
}

function changeHandlers(containers: Containers): Handlers {
  return {
    ContainerUpdate: async (call) => {
      const warnings = await containers.update(call.id, await call.json());
      return json(200, { Warnings: warnings.length > 0 ? warnings : null });
    },
    ContainerDelete: async (call) => {
      if (call.query.link) throw new Failure('conflict', messages.linkWithoutAlias);
      effect(call);
      return done(containers.remove(call.id, { force: call.query.force, volumes: call.query.v }));
    },
    ContainerUnlink: async ({ id, path: { alias = '' }, query: { link } }) => {
      // To dockerd the path without `link` is the container that is linked; a guard would have to know that too.
      if (!link) throw new Failure('not-found', messages.noSuchContainer(`${id}/${alias}`));
      return done(containers.unlink(id, alias));
    },
    ContainerPrune: async (call) => {
      const filters = call.filters();
      const untilMs = untilMoment(filters.get('until'));
      const { ids, bytes } = await containers.prune(({ record }) => {
        const { Labels } = record.config;
        const isWanted = (filters.get('label') ?? []).every((label) => hasLabel(Labels, label));
        return isWanted && !(filters.get('label!') ?? []).some((label) => hasLabel(Labels, label)) && record.createdAtMs < untilMs;
      });
      return json(200, { ContainersDeleted: ids.length > 0 ? ids : null, SpaceReclaimed: bytes });
    },
  };
}

function streamHandlers(containers: Containers): Handlers {
  const { host } = containers;
  const attach = (call: Call<'ContainerAttach'> | Call<'ContainerAttachWebsocket'>) => {
    const container = containers.find(call.id);
    const attached = attachContainer(host, container, { ...call.query, detachKeys: call.query.detachKeys });
    return Promise.resolve(hijack({ 'content-type': container.record.config.Tty ? rawStream : multiplexedStream }, attached.open));
  };
  return {
    ContainerLogs: (call) => {
      const container = containers.find(call.id);
      const type = container.record.config.Tty ? rawStream : multiplexedStream;
      const bytes = containerLog(host, container, { request: call.query, signal: call.signal });
      return Promise.resolve(stream({ 'content-type': type }, bytes));
    },
    ContainerAttach: attach,
    ContainerAttachWebsocket: attach,
    ContainerWait: (call) => {
      const waiter = waitForContainer(containers.find(call.id), call.query.condition);
      call.signal.addEventListener('abort', () => waiter[Symbol.dispose](), { once: true });
      const bytes = (async function* () {
        yield encoder.encode(`${stringify(await waiter.answer)}\n`);
      })();
      return Promise.resolve(stream({ 'content-type': 'application/json' }, bytes));
    },
  };
}

/** One reading a second until the client or the container is gone. */
async function* statsStream(containers: Containers, call: Call<'ContainerStats'>): AsyncGenerator<Uint8Array> {
  const container = containers.find(call.id);
  let before: StatsReading | undefined;
  while (!call.signal.aborted && containers.all.includes(container)) {
    const now = await readStats(containers.host, container);
    yield encoder.encode(`${stringify(statsView(container, now, before))}\n`);
    before = now;
    await sleep(statsEveryMs, undefined, { signal: call.signal }).catch(() => undefined);
  }
}

/** Says that the effect begins and answers the signal that counts until then. */
function effect(call: Call): AbortSignal {
  call.signal.throwIfAborted();
  call.beginEffect();
  return call.signal;
}

async function done(work: Promise<unknown>): Promise<ReturnType<typeof empty>> {
  await work;
  return empty(204);
}
