/** Media types of what registries and archives hold. */
export const mediaTypes = {
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  ociConfig: 'application/vnd.oci.image.config.v1+json',
  ociLayer: 'application/vnd.oci.image.layer.v1.tar',
  ociLayerGzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  ociLayerZstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
  dockerLayer: 'application/vnd.docker.image.rootfs.diff.tar',
  dockerLayerGzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  dockerSchema1: 'application/vnd.docker.distribution.manifest.v1+json',
  dockerSchema1Signed: 'application/vnd.docker.distribution.manifest.v1+prettyjws',
} as const;

/** What a client says that it can read, best first. */
export const acceptedManifests: readonly string[] = [
  mediaTypes.ociIndex,
  mediaTypes.ociManifest,
  mediaTypes.dockerList,
  mediaTypes.dockerManifest,
];

const configs = new Set<string>([mediaTypes.ociConfig, mediaTypes.dockerConfig]);
const indexes = new Set<string>([mediaTypes.ociIndex, mediaTypes.dockerList]);
const manifests = new Set<string>([mediaTypes.ociManifest, mediaTypes.dockerManifest]);
const schema1 = new Set<string>([mediaTypes.dockerSchema1, mediaTypes.dockerSchema1Signed]);

export const isImageConfigType = (type: string): boolean => configs.has(type);
export const isIndexType = (type: string): boolean => indexes.has(type);
export const isManifestType = (type: string): boolean => manifests.has(type);
export const isSchema1Type = (type: string): boolean => schema1.has(type);

/** Layers that are file trees; others (attestations, helm charts, wasm) are not ours to unpack. */
export function isTarLayerType(type: string): boolean {
  return /^application\/vnd\.(oci\.image\.layer\.(nondistributable\.)?v1\.tar|docker\.image\.rootfs\.(foreign\.)?diff\.tar)([+.](gzip|zstd))?$/.test(
    type,
  );
}
