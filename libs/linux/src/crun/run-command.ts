import { spawn } from 'node:child_process';
import { Failure } from '@gantry/base';

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What programs that we start see of the environment: nothing of ours but a search path. */
export const childEnvironment = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' } as const;

const largestOutputBytes = 4 * 1024 * 1024;

/**
 * Runs a program to its end without a shell. Answers its exit code (128 + signal where a signal ended it) and at most 4 MiB of each output.
 * Fails with `unavailable` where it cannot be started, `cancelled` where the signal ended it.
 */
export async function runCommand(path: string, args: readonly string[], signal?: AbortSignal): Promise<CommandResult> {
  signal?.throwIfAborted();
  const child = spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe'], env: childEnvironment, ...(signal && { signal }) });
  const stdout = collected(child.stdout);
  const stderr = collected(child.stderr);
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => {
      if (signal?.aborted === true) reject(new Failure('cancelled', `${path} was cancelled`, { cause }));
      else reject(new Failure('unavailable', `cannot run ${path}: ${cause.message}`, { cause }));
    });
    child.once('close', (code) => {
      resolve({ code: code ?? 137, stdout: stdout(), stderr: stderr() });
    });
  });
}

function collected(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= largestOutputBytes) chunks.push(chunk);
  });
  return () => Buffer.concat(chunks).toString('utf8');
}
