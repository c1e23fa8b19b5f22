import { join } from 'node:path';
import { Failure } from '@gantry/base';
import { readIfPresent } from '@gantry/link';
import * as z from 'zod/mini';

const allowed = z._default(z.boolean(), true);

const Policy = z.strictObject({
  /** Commands inside containers and attached terminals. */
  exec: allowed,
  /** Copying files into containers. */
  fileWrites: allowed,
  /** Containers with more than the default rights: privileged, host paths, host namespaces, devices, added capabilities. */
  elevatedContainers: allowed,
  /** Everything that changes anything; false leaves reading only. */
  changes: allowed,
});

/** What the owner of this host lets the server do here: a ceiling that no server can raise. */
export type Policy = z.infer<typeof Policy>;

export const everything: Policy = { exec: true, fileWrites: true, elevatedContainers: true, changes: true };

/** Where the owner of the host writes it. */
export function policyPath(dataRoot: string): string {
  return join(dataRoot, 'agent', 'policy.json');
}

/** Reads the policy; no file allows everything. A file with an unknown key or a wrong value is `invalid` and named: it never allows more. */
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
  throw new Failure('invalid', `${path}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`);
}

/** Whether the policy forbids anything at all. */
export function isLimiting(policy: Policy): boolean {
  return Object.values(policy).includes(false);
}
