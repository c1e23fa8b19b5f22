import type { EngineResponse, PlainResponse, RouteName } from '@gantry/engine-api';
import { collect, piecesOf } from './collect.ts';
import { listContainers, listProcesses, shownContainer } from './container-answers.ts';
import { withoutUnseenNames } from './error-answers.ts';
import { seenEvents } from './event-answers.ts';
import { showsAllEvents } from './event-sight.ts';
import { imageHistory, inspectImage, listImages } from './image-answers.ts';
import type { KnownThings } from './known-things.ts';
import type { Looking } from './looking.ts';
import { inspectNetwork, inspectVolume, listAllVolumes, listNetworks, listVolumes, topology } from './network-answers.ts';
import { diskUsage, systemInfo, wholeDiskUsage } from './system-answers.ts';
import type { VolumeItem } from './told-things.ts';

const passedHeaders = ['content-type', 'api-version', 'docker-experimental', 'ostype', 'server', 'x-gantry-sequence', 'location'];
/** The door shares the origin of the app: no answer of an engine may ever run there. */
const ownHeaders: readonly (readonly [string, string])[] = [
  ['x-content-type-options', 'nosniff'],
  ['content-security-policy', "sandbox; default-src 'none'"],
  ['content-disposition', 'attachment'],
  ['cross-origin-resource-policy', 'same-origin'],
  ['cache-control', 'no-store'],
];

type Filter = (answer: unknown, looking: Looking) => unknown;

/** Rows whose answers hold values that not everybody may see who sees the object. */
const masking: Partial<Record<RouteName, Filter>> = {
  ContainerList: listContainers,
  ContainerInspect: shownContainer,
  ContainerTop: listProcesses,
  ImageInspect: inspectImage,
  ImageHistory: imageHistory,
  VolumeList: listAllVolumes,
  VolumeInspect: (answer, looking) => inspectVolume(answer as VolumeItem, looking),
  SystemDataUsage: wholeDiskUsage,
};
/** Rows whose answers tell of several objects, for callers who do not see all of them. */
const choosing: Partial<Record<RouteName, Filter>> = {
  ImageList: listImages,
  NetworkList: listNetworks,
  NetworkInspect: inspectNetwork,
  VolumeList: listVolumes,
  SystemDataUsage: diskUsage,
  GantryTopology: topology,
};

/** What the caller gets of an answer: headers of the row and of a short list, items and values that they may see. */
export async function filterAnswer(response: EngineResponse, looking: Looking, known: KnownThings): Promise<EngineResponse> {
  const headers = headersOf(response, looking);
  if (response.kind === 'hijacked') return { ...response, headers };
  if (response.status >= 300) return { ...(await withoutUnseenNames(response, looking.things)), headers };
  const { name } = looking.call.route;
  if (name === 'SystemEvents') return { ...response, headers, body: events(response, looking, known) };
  const filter = filterOf(name, looking);
  return filter ? { ...response, headers, body: await rewrite(response, filter, looking) } : { ...response, headers };
}

function filterOf(name: RouteName, { things: { sight }, tellsValues }: Looking): Filter | undefined {
  if (name === 'SystemInfo') return systemInfo;
  const chosen = sight.seesEverything ? undefined : choosing[name];
  if (name === 'ContainerInspect' && !tellsValues) return shownContainer;
  return chosen ?? (sight.seesEverything && sight.mayEverywhere('env:reveal') ? undefined : masking[name]);
}

function events({ body }: PlainResponse, { things }: Looking, known: KnownThings): PlainResponse['body'] {
  return showsAllEvents(things.sight) ? body : seenEvents(piecesOf(body), things, known);
}

function headersOf({ headers }: EngineResponse, { call: { route } }: Looking): ReadonlyMap<string, string> {
  const names = [...passedHeaders, ...route.responseHeaders];
  const passed = names.flatMap((name) => (headers.has(name) ? [[name, headers.get(name) ?? ''] as const] : []));
  return new Map([...passed, ...ownHeaders]);
}

async function rewrite(response: PlainResponse, filter: Filter, looking: Looking): Promise<Uint8Array> {
  const bytes = await collect(response.body);
  if (bytes.length === 0) return bytes;
  const answer: unknown = JSON.parse(new TextDecoder().decode(bytes));
  return new TextEncoder().encode(`${JSON.stringify(await filter(answer, looking))}\n`);
}
