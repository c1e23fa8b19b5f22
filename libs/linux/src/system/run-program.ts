import { spawnSync } from 'node:child_process';
import { Failure } from '@gantry/base';

/**
 * Runs a program to its end and answers its standard output; only for the kernel thread, which is there to be blocked. The program
 * starts in the network namespace that this thread is in. Fails with `unavailable` where it cannot be started and with `internal`
 * and its words where it ends with another code than 0.
 */
export function runProgram(name: string, args: readonly string[], context: { input?: string; directory?: string } = {}): string {
  const ended = spawnSync(name, args, {
    encoding: 'utf8',
    ...(context.input === undefined ? {} : { input: context.input }),
    ...(context.directory === undefined ? {} : { cwd: context.directory }),
    maxBuffer: 64 * 1024 * 1024,
  });
  if (ended.error) throw new Failure('unavailable', `cannot run ${name}: ${ended.error.message}`, { cause: ended.error });
  if (ended.status !== 0) throw new Failure('internal', `${name} ${args.join(' ')}: ${ended.stderr.trim()}`);
  return ended.stdout;
}
