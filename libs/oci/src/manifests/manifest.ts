import * as z from 'zod';
import { type Digest, isDigest } from '../digest/digest.ts';
import { parseJson } from './json.ts';
import { isIndexType, isManifestType, isSchema1Type, mediaTypes } from './media-types.ts';
import { Failure } from '@gantry/base';
import { type Platform, platformScore, platformText } from './platform.ts';

const digest = z.custom<Digest>((value) => typeof value === 'string' && isDigest(value), 'not a digest');
const annotations = z
  .record(z.string(), z.string())
  .nullish()
  .transform((value) => value ?? {});
const sizeBytes = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const mostLayers = 1000;
const mostManifests = 2000;

const platform = z.object({ os: z.string().max(64), architecture: z.string().max(64), variant: z.string().max(64).optional() });

const descriptor = z.object({ mediaType: z.string().max(255).default(''), digest, size: sizeBytes, annotations });

const manifestSchema = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.string().max(255).optional(),
  config: descriptor,
  layers: z.array(descriptor).max(mostLayers),
  annotations,
});

const indexSchema = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.string().max(255).optional(),
  manifests: z.array(descriptor.extend({ platform: platform.nullish() })).max(mostManifests),
});

export type Descriptor = z.output<typeof descriptor>;
export type ImageManifest = z.output<typeof manifestSchema>;
export type ImageIndex = z.output<typeof indexSchema>;

/** What a name leads to. */
export type ManifestOrIndex =
  { readonly kind: 'manifest'; readonly manifest: ImageManifest } | { readonly kind: 'index'; readonly index: ImageIndex };

const kindOfAny = z.looseObject({
  schemaVersion: z.number().optional(),
  mediaType: z.string().optional(),
  manifests: z.unknown().optional(),
  config: z.unknown().optional(),
  layers: z.unknown().optional(),
});

/**
 * Reads a manifest or an index. The media type of the answer decides, then the document's own, then its shape; a document that is both is refused
 * (the two readings of one digest would differ: CVE-2021-41190). Fails with `invalid`, for Docker's schema 1 with `unsupported`.
 */
export function parseManifest(bytes: Uint8Array, contentType = ''): ManifestOrIndex {
  const seen = parseJson(kindOfAny, 'manifest', bytes);
  const type = seen.mediaType ?? (contentType.split(';', 1)[0] ?? '').trim();
  if (isSchema1Type(type) || seen.schemaVersion === 1) {
    throw new Failure('unsupported', 'manifest schema version 1 is not supported: push the image again with a tool of this decade');
  }
  const hasManifests = seen.manifests !== undefined;
  const hasLayers = seen.layers !== undefined || seen.config !== undefined;
  if (hasManifests && hasLayers) throw new Failure('invalid', 'manifest is ambiguous: it has both manifests and layers');
  if (isIndexType(type) ? hasLayers : isManifestType(type) && hasManifests) {
    throw new Failure('invalid', `manifest does not fit its media type ${type}`);
  }
  if (hasManifests || isIndexType(type)) return { kind: 'index', index: parseJson(indexSchema, 'image index', bytes) };
  return { kind: 'manifest', manifest: parseJson(manifestSchema, 'manifest', bytes) };
}

/** The entry of a list that fits best; the first of equals. Fails with `not-found` in dockerd's words. */
export function choosePlatform(index: ImageIndex, wish: Platform): Descriptor {
  let best: { readonly score: number; readonly entry: Descriptor } | undefined;
  const images = index.manifests.filter(
    (entry) => entry.mediaType === '' || isManifestType(entry.mediaType) || isIndexType(entry.mediaType),
  );
  for (const entry of images) {
    if (entry.annotations['vnd.docker.reference.type'] !== undefined) continue;
    const score = entry.platform ? platformScore(wish, entry.platform) : 1;
    if (score > (best?.score ?? 0)) best = { score, entry };
  }
  if (best !== undefined) return best.entry;
  throw new Failure('not-found', `no matching manifest for ${platformText(wish)} in the manifest list entries`);
}

/** The media type that a manifest is stored and sent under. */
export function manifestMediaType(manifest: ImageManifest): string {
  return manifest.mediaType ?? (manifest.config.mediaType === mediaTypes.dockerConfig ? mediaTypes.dockerManifest : mediaTypes.ociManifest);
}
