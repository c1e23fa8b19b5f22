import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';

const deviceNode = z.object({
  path: z.string().startsWith('/'),
  hostPath: z.string().optional(),
  type: z.string().optional(),
  major: z.int().optional(),
  minor: z.int().optional(),
  fileMode: z.int().optional(),
  permissions: z.string().default('rwm'),
  uid: z.int().optional(),
  gid: z.int().optional(),
});
const mount = z.object({
  hostPath: z.string(),
  containerPath: z.string().startsWith('/'),
  options: z.array(z.string()).default([]),
  type: z.string().optional(),
});
const hookNames = ['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop'] as const;
const hook = z.object({
  hookName: z.enum(hookNames),
  path: z.string().startsWith('/'),
  args: z.array(z.string()).optional(),
  env: z.array(z.string()).optional(),
  timeout: z.int().optional(),
});
const edits = z.object({
  env: z.array(z.string()).default([]),
  deviceNodes: z.array(deviceNode).default([]),
  mounts: z.array(mount).default([]),
  hooks: z.array(hook).default([]),
  additionalGids: z.array(z.int()).default([]),
});
const specification = z.object({
  cdiVersion: z.string(),
  kind: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*\/[A-Za-z0-9][A-Za-z0-9_-]*$/),
  devices: z.array(z.object({ name: z.string(), containerEdits: edits.prefault({}) })).default([]),
  containerEdits: edits.prefault({}),
});

/** What a device changes in a container's specification. */
export type CdiEdits = z.output<typeof edits>;
export type CdiHook = z.output<typeof hook>;

/** Devices by their full name, `vendor.com/class=name`, each with what its whole kind changes first. */
export type CdiDevices = ReadonlyMap<string, readonly CdiEdits[]>;

/**
 * The devices that the specifications in these directories describe (https://github.com/cncf-tags/container-device-interface, in JSON or YAML).
 * A later directory wins. A file that is no specification is told to `report` and counts for nothing.
 */
export async function readCdiDevices(
  directories: readonly string[],
  report: (problem: string, cause: unknown) => void,
): Promise<CdiDevices> {
  const devices = new Map<string, readonly CdiEdits[]>();
  for (const directory of directories) {
    const names = (await readdir(directory).catch(() => [])).filter((name) => /\.(json|yaml)$/.test(name)).sort();
    for (const name of names) {
      const path = join(directory, name);
      try {
        const { kind, devices: own, containerEdits } = specification.parse(await readValue(path));
        for (const device of own) devices.set(`${kind}=${device.name}`, [containerEdits, device.containerEdits]);
      } catch (cause) {
        report(`${path} is no CDI specification`, cause);
      }
    }
  }
  return devices;
}

/** The parser of YAML is loaded where a machine has such a file. */
async function readValue(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8');
  if (path.endsWith('.json')) return JSON.parse(text) as unknown;
  const { parse } = await import('yaml');
  return parse(text) as unknown;
}
