import { join, posix } from 'node:path';
import { Failure } from '@gantry/base';
import { readIfPresent } from '@gantry/link';
import * as z from 'zod/mini';

const allowed = z._default(z.boolean(), true);
const hostPath = z.string().check(
  z.refine((path) => path.startsWith('/') && posix.normalize(path) === path && (path === '/' || !path.endsWith('/')), {
    message: 'expected a path from the root, without . and .. and without a slash at its end',
  }),
);
const capability = z.string().check(z.regex(/^[A-Z][A-Z_]*$/, { message: 'expected the name of a capability, as NET_ADMIN' }));

const Policy = z.strictObject({
  /** Everything that changes anything; false leaves reading only. */
  changes: allowed,
  /** Commands inside containers and attached terminals. */
  exec: allowed,
  /** Reading files of containers and volumes. */
  fileReads: allowed,
  /** Writing files of containers and volumes. */
  fileWrites: allowed,
  /** Containers with more than the default rights, whichever: false forbids all that the keys below could allow. */
  elevatedContainers: allowed,
  privileged: allowed,
  /** Directories and files of this host in containers; a list allows these and what is below them. */
  hostPaths: z._default(z.union([z.boolean(), z.array(hostPath)]), true),
  /** Namespaces of the host or of another container: network, processes, IPC, names, users, control groups. */
  hostNamespaces: allowed,
  devices: allowed,
  /** Added capabilities; a list allows these. */
  capabilities: z._default(z.union([z.boolean(), z.array(capability)]), true),
  /** Every other field that gives power over the host: security options, sysctls, runtimes, drivers, plugins, swarm services. */
  otherElevated: allowed,
  /** A shell on the host itself: the one thing that has to be allowed here. */
  hostShell: z._default(z.boolean(), false),
});

/** What the owner of this host lets the server do here: a ceiling that no server can raise. */
export type Policy = z.infer<typeof Policy>;
export type PolicyKey = keyof Policy;

/** What holds without a file. */
export const everything: Policy = z.parse(Policy, {});

/** Where the owner of the host writes it. */
export function policyPath(dataRoot: string): string {
  return join(dataRoot, 'agent', 'policy.json');
}

/** Reads the policy; no file allows everything but a shell on the host. A file with an unknown key or a wrong value is `invalid` and named: it never allows more. */
export async function readPolicy(dataRoot: string): Promise<Policy> {
  const path = policyPath(dataRoot);
  const content = await readIfPresent(path);
  if (content === undefined) return everything;
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (cause) {
    throw new Failure('invalid', `${path} is not JSON: ${(cause as Error).message}`, { cause });
  }
  const parsed = z.safeParse(Policy, value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (issue?.code === 'unrecognized_keys') throw new Failure('invalid', `${path}: unknown key ${issue.keys.join(', ')}`);
  throw new Failure('invalid', `${path}: ${issue?.path.join('.') ?? ''}: ${wordsOf(issue)}`);
}

/** Of a union the words of the form that the value comes closest to. */
function wordsOf(issue: z.core.$ZodIssue | undefined): string {
  if (issue?.code !== 'invalid_union') return issue?.message ?? '';
  const inner = issue.errors.flat().filter(({ path }) => path.length > 0);
  return inner[0]?.message ?? 'expected true, false or a list';
}

/** Whether the policy forbids anything of what an engine is asked; shells on the host are no engine's, and whoever opens them asks the policy themselves. */
export function isLimiting(policy: Policy): boolean {
  return Object.entries(policy).some(([key, value]) => key !== 'hostShell' && value !== true);
}
