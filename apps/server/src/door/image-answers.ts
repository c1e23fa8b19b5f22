import { maskConfig } from './container-answers.ts';
import { familiarReference, repositoryOf } from './image-names.ts';
import type { Looking } from './looking.ts';
import { maskDockerfileLine } from './masks.ts';
import type { SeenImages } from './host-things.ts';

/** What is read of an image in a list, of an inspected one, and of one in a list of what takes space. */
interface Image {
  readonly Id: string;
  readonly ParentId?: string;
  readonly Parent?: string;
  readonly RepoTags?: readonly string[] | null;
  readonly RepoDigests?: readonly string[] | null;
  readonly Manifests?: readonly { readonly ImageData?: { readonly Containers?: readonly string[] | null } }[] | null;
}

/** The images that the caller's containers use and those that they pulled, by the names that are theirs. */
export async function listImages(answer: unknown, { things }: Looking): Promise<unknown> {
  if (things.sight.seesImages) return answer;
  const seen = await things.seenImages();
  const containers = new Set((await things.seenContainers()).map(({ Id }) => Id));
  return (answer as readonly Image[]).filter(({ Id }) => seen.ids.has(Id)).map((image) => withoutForeign(image, seen, containers));
}

export async function inspectImage(answer: unknown, { things }: Looking): Promise<unknown> {
  const image = answer as Image & { Config?: unknown; ContainerConfig?: unknown };
  const { sight } = things;
  const own = sight.seesImages ? image : withoutForeign(image, await things.seenImages(), new Set());
  if (sight.mayEverywhere('env:reveal')) return own;
  const masked = (['Config', 'ContainerConfig'] as const).filter((name) => name in own).map((name) => [name, maskConfig(own[name])]);
  return { ...own, ...(Object.fromEntries(masked) as object) };
}

/** Lines of a Dockerfile that set variables, or ran with build arguments. */
export async function imageHistory(answer: unknown, { things }: Looking): Promise<unknown> {
  const { sight } = things;
  const seen = sight.seesImages ? undefined : await things.seenImages();
  const mayReveal = sight.mayEverywhere('env:reveal');
  return (answer as readonly Readonly<Record<string, unknown>>[]).map((layer) => {
    const { Id, Tags, CreatedBy } = layer;
    const line = typeof CreatedBy === 'string' && !mayReveal ? maskDockerfileLine(CreatedBy) : CreatedBy;
    const tags = seen && Array.isArray(Tags) ? Tags.filter((tag) => seen.references.has(familiarReference(String(tag)))) : Tags;
    const isForeign = seen && typeof Id === 'string' && !seen.ids.has(Id);
    return { ...layer, CreatedBy: line, Tags: tags, ...(isForeign ? { Id: '<missing>' } : {}) };
  });
}

/** Counts become unknown (-1, as dockerd says where it has not counted): they would tell of containers that the caller does not see. */
export function withoutForeign<I extends Image>(image: I, seen: SeenImages, containers: ReadonlySet<string>): I {
  const repositories = new Set([...seen.references].map(repositoryOf));
  const parentOf = (id: string): string => (seen.ids.has(id) ? id : '');
  return {
    ...image,
    ...(image.RepoTags ? { RepoTags: image.RepoTags.filter((tag) => seen.references.has(familiarReference(tag))) } : {}),
    ...(image.RepoDigests ? { RepoDigests: image.RepoDigests.filter((digest) => repositories.has(repositoryOf(digest))) } : {}),
    ...(image.ParentId === undefined ? {} : { ParentId: parentOf(image.ParentId) }),
    ...(image.Parent === undefined ? {} : { Parent: parentOf(image.Parent) }),
    ...('Containers' in image ? { Containers: -1 } : {}),
    ...('SharedSize' in image ? { SharedSize: -1 } : {}),
    ...(image.Manifests ? { Manifests: image.Manifests.map((one) => withoutContainers(one, containers)) } : {}),
  };
}

type Manifest = NonNullable<Image['Manifests']>[number];

function withoutContainers(manifest: Manifest, containers: ReadonlySet<string>): Manifest {
  const { ImageData } = manifest;
  if (!ImageData?.Containers) return manifest;
  return { ...manifest, ImageData: { ...ImageData, Containers: ImageData.Containers.filter((id) => containers.has(id)) } };
}
