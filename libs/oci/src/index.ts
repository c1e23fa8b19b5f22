export { algorithmOf, checkDigest, digestOf, type ExpectedBlob, hexOf, isDigest, parseDigest, verified } from './digest/digest.ts';
export {
  canonicalName,
  canonicalText,
  defaultDomain,
  familiarName,
  familiarText,
  isTag,
  parseAnyReference,
  parseReference,
  type Reference,
  withDefaultTag,
} from './reference/reference.ts';
export { type ImageConfig, type ImageRuntime, parseImageConfig } from './manifests/image-config.ts';
export { largestJsonBytes, parseJson } from './manifests/json.ts';
export {
  choosePlatform,
  type Descriptor,
  type ImageIndex,
  type ImageManifest,
  manifestMediaType,
  type ManifestOrIndex,
  parseManifest,
} from './manifests/manifest.ts';
export { acceptedManifests, isImageConfigType, isIndexType, isManifestType, isTarLayerType, mediaTypes } from './manifests/media-types.ts';
export { hostPlatform, parsePlatform, type Platform, platformScore, platformText } from './manifests/platform.ts';
export { Registries, type Registry } from './registry/registry.ts';
export { type FetchedManifest, Repository } from './registry/repository.ts';
export { type Credentials, type RegistrySettings } from './registry/settings.ts';
export { type Trust } from './registry/http-request.ts';
export * from './tar/index.ts';
