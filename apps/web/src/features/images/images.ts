import { engineOn } from '../../api/engine.ts';
import { shortId } from '../../format/ids.ts';
import type { ObjectRow } from '../lists/use-object-list.ts';

/** One name of an image on one host; an image without a name is a row of its own. */
export interface ImageRow extends ObjectRow {
  readonly id: string;
  /** `nginx:1.29`; undefined where the image has no name. */
  readonly reference: string | undefined;
  readonly repository: string;
  readonly tag: string;
  readonly sizeBytes: number;
  readonly createdAtMs: number;
  /** All names of the image on this host. */
  readonly references: readonly string[];
}

interface Summary {
  readonly Id: string;
  readonly RepoTags?: readonly string[] | null;
  readonly RepoDigests?: readonly string[] | null;
  readonly Created: number;
  readonly Size: number;
}

export async function listImages(host: string, signal: AbortSignal): Promise<readonly ImageRow[]> {
  const answer = await engineOn(host).call('ImageList', {}, signal);
  return (await answer.json<Summary[]>()).flatMap((summary) => rowsOf(host, summary));
}

function rowsOf(host: string, { Id, RepoTags, RepoDigests, Created, Size }: Summary): ImageRow[] {
  const references = (RepoTags ?? []).filter((name) => name !== '<none>:<none>');
  const facts = { host, id: Id, sizeBytes: Size, createdAtMs: Created * 1000, references };
  if (references.length === 0) {
    const repository = (RepoDigests ?? []).find((name) => !name.startsWith('<none>'))?.split('@')[0] ?? '';
    return [{ ...facts, key: `${host}/${Id}`, name: shortId(Id), reference: undefined, repository, tag: '' }];
  }
  return references.map((reference) => {
    const [repository, tag] = splitTag(reference);
    return { ...facts, key: `${host}/${reference}`, name: reference, reference, repository, tag };
  });
}

/** `host:5000/a/b:1` → `host:5000/a/b`, `1`. */
export function splitTag(reference: string): [string, string] {
  const colon = reference.lastIndexOf(':');
  return colon > reference.lastIndexOf('/') ? [reference.slice(0, colon), reference.slice(colon + 1)] : [reference, ''];
}

export async function removeImage({ host, reference, id }: Pick<ImageRow, 'host' | 'reference' | 'id'>): Promise<void> {
  await engineOn(host).call('ImageDelete', { path: { name: reference ?? id } });
}

export async function tagImage({ host, id }: Pick<ImageRow, 'host' | 'id'>, reference: string): Promise<void> {
  const [repo, tag] = splitTag(reference);
  await engineOn(host).call('ImageTag', { path: { name: id }, query: { repo, tag: tag || 'latest' } });
}

export interface ImageDetails {
  readonly Id: string;
  readonly RepoTags?: readonly string[] | null;
  readonly RepoDigests?: readonly string[] | null;
  readonly Created?: string;
  readonly Size: number;
  readonly Architecture?: string;
  readonly Variant?: string;
  readonly Os?: string;
  readonly Author?: string;
  readonly Config?: {
    readonly Cmd?: readonly string[] | null;
    readonly Entrypoint?: readonly string[] | null;
    readonly User?: string;
    readonly WorkingDir?: string;
    readonly ExposedPorts?: Readonly<Record<string, unknown>> | null;
    readonly Labels?: Readonly<Record<string, string>> | null;
  };
  readonly RootFS?: { readonly Layers?: readonly string[] };
}

export async function inspectImage(host: string, id: string, signal: AbortSignal): Promise<ImageDetails> {
  return (await engineOn(host).call('ImageInspect', { path: { name: id } }, signal)).json<ImageDetails>();
}

export interface HistoryStep {
  readonly Id: string;
  readonly Created: number;
  readonly CreatedBy: string;
  readonly Size: number;
  readonly Comment?: string;
}

/** Newest first, as the API has it. */
export async function imageHistory(host: string, id: string, signal: AbortSignal): Promise<readonly HistoryStep[]> {
  return (await engineOn(host).call('ImageHistory', { path: { name: id } }, signal)).json<HistoryStep[]>();
}
