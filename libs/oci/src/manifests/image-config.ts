import * as z from 'zod';
import { type Digest, isDigest } from '../digest/digest.ts';
import { parseJson } from './json.ts';

// Go writes empty slices and maps as null; all of these fields may be missing. Keys are Docker's, which the OCI specification took over.
const texts = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? undefined);
const flags = z
  .record(z.string(), z.unknown())
  .nullish()
  .transform((value) => Object.keys(value ?? {}));
const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');

const healthcheck = z
  .object({
    Test: z.array(z.string()).nullish(),
    Interval: z.number().nullish(),
    Timeout: z.number().nullish(),
    StartPeriod: z.number().nullish(),
    StartInterval: z.number().nullish(),
    Retries: z.number().nullish(),
  })
  .nullish()
  .transform((value) => (value ? Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== null)) : undefined));

/** What an image says about its containers ("config" in the configuration). */
const runtimeSchema = z
  .object({
    Hostname: text,
    Domainname: text,
    Image: text,
    User: text,
    ExposedPorts: flags,
    Env: texts,
    Entrypoint: texts,
    Cmd: texts,
    Volumes: flags,
    WorkingDir: text,
    Labels: z
      .record(z.string(), z.string())
      .nullish()
      .transform((value) => value ?? {}),
    StopSignal: text,
    Healthcheck: healthcheck,
    ArgsEscaped: z.boolean().nullish(),
    OnBuild: texts,
    Shell: texts,
  })
  .partial()
  .nullish()
  .transform((value) => value ?? {});

const history = z.object({
  created: text,
  created_by: text,
  author: text,
  comment: text,
  empty_layer: z
    .boolean()
    .nullish()
    .transform((value) => value ?? false),
});

const diffId = z.custom<Digest>((value) => typeof value === 'string' && isDigest(value), 'not a digest');

const configSchema = z.object({
  architecture: text,
  os: text,
  variant: text,
  'os.version': text,
  created: text,
  author: text,
  docker_version: text,
  /** The container that the image was committed of, and its own configuration. */
  container: text,
  container_config: z.record(z.string(), z.unknown()).nullish(),
  config: runtimeSchema,
  rootfs: z.object({
    type: z.literal('layers'),
    diff_ids: z
      .array(diffId)
      .max(1000)
      .nullish()
      .transform((value) => value ?? []),
  }),
  history: z
    .array(history)
    .max(10_000)
    .nullish()
    .transform((value) => value ?? []),
});

/** An image's configuration: the document whose digest is the image's id. */
export type ImageConfig = z.output<typeof configSchema>;
export type ImageRuntime = z.output<typeof runtimeSchema>;

/** Fails with `invalid` and names the field. */
export function parseImageConfig(bytes: Uint8Array): ImageConfig {
  return parseJson(configSchema, 'image configuration', bytes);
}
