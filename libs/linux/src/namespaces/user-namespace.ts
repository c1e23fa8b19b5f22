import { writeFileSync } from 'node:fs';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { Failure } from '@gantry/base';
import { startProcess } from '../crun/start-process.ts';
import type { IdMapping, IdRange } from '../files/id-mapping.ts';

/** A user namespace and a new network namespace that belongs to it, for as long as this is not disposed or something else is in them. */
export interface UserNamespace extends AsyncDisposable {
  /** Paths below /proc, which end with it. */
  readonly userPath: string;
  readonly networkPath: string;
}

/**
 * Makes a user namespace with these ids, or goes into the one at this path, and makes a network namespace in it: who makes it there is who may bind low ports and ping in
 * it. Both are held by a waiting process, since a process with threads cannot change its own user namespace; it ends with this process. Fails with `unavailable` where the
 * kernel gives none.
 */
export async function openUserNamespace(what: IdMapping | { readonly path: string }): Promise<UserNamespace> {
  const isNew = 'uids' in what;
  const program = isNew ? '/usr/bin/unshare' : '/usr/bin/nsenter';
  const args = isNew ? ['--user', '--net', '/bin/cat'] : [`--user=${what.path}`, '/usr/bin/unshare', '--net', '/bin/cat'];
  const holder = startProcess({ program, args, descriptors: ['we-write', 'we-read', 'we-read'] });
  const [stdin, stdout, stderr] = holder.streams as readonly [Socket, Socket, Socket];
  stdin.on('error', () => undefined);
  const close = async (): Promise<void> => {
    stdin.end();
    await holder.ended;
  };
  try {
    await answered(stdin, { stdout, stderr });
    if (isNew) writeMaps(holder.pid, what);
  } catch (cause) {
    await close();
    throw cause;
  }
  const directory = `/proc/${holder.pid}/ns`;
  return { userPath: `${directory}/user`, networkPath: `${directory}/net`, [Symbol.asyncDispose]: close };
}

/** It echoes what it is told when it has become cat, and is in its namespaces then. */
async function answered(stdin: Writable, { stdout, stderr }: { stdout: Readable; stderr: Readable }): Promise<void> {
  const said: Buffer[] = [];
  stderr.on('data', (bytes: Buffer) => said.push(bytes));
  stdin.write('.');
  await Promise.race([once(stdout, 'data'), once(stdout, 'close')]);
  if (!stdout.closed) return;
  const why = Buffer.concat(said).toString('utf8').trim();
  throw new Failure('unavailable', `cannot make a user namespace: ${why || 'the process in it ended'}`);
}

/** Written once and whole (user_namespaces(7)): by us, since who is inside may map nothing but itself. */
function writeMaps(pid: number, { uids, gids }: IdMapping): void {
  const text = (ranges: readonly IdRange[]): string => ranges.map(({ container, host, size }) => `${container} ${host} ${size}\n`).join('');
  writeFileSync(`/proc/${pid}/gid_map`, text(gids));
  writeFileSync(`/proc/${pid}/uid_map`, text(uids));
}
