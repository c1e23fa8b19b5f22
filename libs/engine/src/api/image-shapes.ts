import { type ApiVersion, shaped } from '@gantry/engine-api';
import { familiarText } from '@gantry/oci';
import { createdMs, type FilteredImage } from '../images/filter-images.ts';
import type { StoredImage } from '../images/image-store.ts';
import type { Images } from '../images/open-images.ts';

/** A row of `GET /images/json`. */
export function imageSummary(
  images: Images,
  { image, names }: FilteredImage,
  { version, sharedBytes }: { readonly version: ApiVersion; readonly sharedBytes: number },
): unknown {
  const tags = names.filter(({ digest }) => digest === undefined).map(familiarText);
  const digests = names.filter(({ digest }) => digest !== undefined).map(familiarText);
  const isNameless = names.length === 0 && !version.atLeast('1.43');
  return shaped('ImageSummary', version, {
    Id: image.record.id,
    ParentId: images.store.parentOf(image)?.record.id ?? '',
    RepoTags: isNameless ? ['<none>:<none>'] : tags.sort(),
    RepoDigests: isNameless ? ['<none>@<none>'] : digests.length === 0 && !version.atLeast('1.43') ? null : digests.sort(),
    Created: Math.floor(createdMs(image) / 1000),
    Size: images.sizeBytes(image),
    SharedSize: sharedBytes,
    Labels: isEmpty(image.config.config.Labels) ? null : image.config.config.Labels,
    Containers: -1,
  });
}

/** `GET /images/{name}/json`. */
export function imageInspect(images: Images, image: StoredImage, version: ApiVersion): unknown {
  const { record, config } = image;
  const { tags, digests } = images.namesOf(image);
  return shaped('ImageInspect', version, {
    Id: record.id,
    RepoTags: tags,
    RepoDigests: digests,
    Parent: images.store.parentOf(image)?.record.id ?? '',
    Comment: config.history.at(-1)?.comment ?? '',
    Created: config.created,
    Container: config.container,
    ContainerConfig: { ...containerConfigOf({}), ...config.container_config },
    DockerVersion: config.docker_version,
    Author: config.author,
    Config: version.atLeast('1.50') ? { ...unsetConfig, ...imageConfig(image) } : containerConfig(image),
    Architecture: config.architecture,
    ...(config.variant ? { Variant: config.variant } : {}),
    Os: config.os,
    ...(config['os.version'] ? { OsVersion: config['os.version'] } : {}),
    Size: images.sizeBytes(image),
    GraphDriver: { Name: 'overlay2', Data: images.layerDirectories(image) },
    RootFS: { Type: 'layers', ...(config.rootfs.diff_ids.length > 0 ? { Layers: config.rootfs.diff_ids } : {}) },
    Metadata: { LastTagTime: new Date(record.taggedAtMs).toISOString() },
  });
}

type Fields = Readonly<Record<string, unknown>>;

function flagsOf(names: readonly string[] | undefined): Fields | undefined {
  return names === undefined || names.length === 0 ? undefined : Object.fromEntries(names.map((name) => [name, {}]));
}

/** What an image has of these is told where it has nothing as well (until API 1.52). */
const unsetConfig: Fields = {
  User: '',
  Env: null,
  Entrypoint: null,
  Cmd: null,
  Volumes: null,
  WorkingDir: '',
  OnBuild: null,
  Labels: null,
};

/** The image's own fields; what is empty is left out. */
function imageConfig({ config: { config } }: StoredImage): Fields {
  const fields: Fields = {
    User: config.User,
    ExposedPorts: flagsOf(config.ExposedPorts),
    Env: config.Env,
    Entrypoint: config.Entrypoint,
    Cmd: config.Cmd,
    Healthcheck: config.Healthcheck,
    ArgsEscaped: config.ArgsEscaped,
    Volumes: flagsOf(config.Volumes),
    WorkingDir: config.WorkingDir,
    OnBuild: config.OnBuild,
    Labels: config.Labels,
    StopSignal: config.StopSignal,
    Shell: config.Shell,
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => !isEmpty(value)));
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === false) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** Up to API 1.49 the field had the whole form of a container's configuration. */
function containerConfig(image: StoredImage): Fields {
  const more = Object.entries(imageConfig(image)).filter(([key]) => optional.has(key));
  return { ...containerConfigOf(image.config.config), ...Object.fromEntries(more) };
}

function containerConfigOf(config: StoredImage['config']['config']): Fields {
  return {
    Hostname: config.Hostname ?? '',
    Domainname: config.Domainname ?? '',
    User: config.User ?? '',
    AttachStdin: false,
    AttachStdout: false,
    AttachStderr: false,
    Tty: false,
    OpenStdin: false,
    StdinOnce: false,
    Env: config.Env ?? null,
    Cmd: config.Cmd ?? null,
    Image: config.Image ?? '',
    Volumes: flagsOf(config.Volumes) ?? null,
    WorkingDir: config.WorkingDir ?? '',
    Entrypoint: config.Entrypoint ?? null,
    OnBuild: config.OnBuild ?? null,
    Labels: isEmpty(config.Labels) ? null : config.Labels,
  };
}

const optional = new Set(['ExposedPorts', 'Healthcheck', 'ArgsEscaped', 'StopSignal', 'Shell']);

/** `GET /images/{name}/history`, newest first. */
export function imageHistory(images: Images, image: StoredImage): unknown[] {
  const { config, record } = image;
  let layer = 0;
  const rows = config.history.map((step) => {
    const diffId = step.empty_layer ? undefined : record.layers[layer++]?.diffId;
    const created = Date.parse(step.created);
    return {
      Id: '<missing>',
      Created: Number.isNaN(created) ? 0 : Math.floor(created / 1000),
      CreatedBy: step.created_by,
      Tags: null as string[] | null,
      Size: diffId === undefined ? 0 : (images.store.layers.get(diffId)?.contentBytes ?? 0),
      Comment: step.comment,
    };
  });
  const steps: (StoredImage | undefined)[] = [];
  for (let step: StoredImage | undefined = image; step !== undefined; step = images.store.parentOf(step)) steps.push(step);
  return rows.reverse().map((row, at) => {
    const step = steps[at];
    if (step === undefined) return row;
    const { tags } = images.namesOf(step);
    return { ...row, Id: step.record.id, Tags: tags.length > 0 ? tags : null };
  });
}
