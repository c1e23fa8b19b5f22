import { join } from 'node:path';
import type { EngineUnderTest } from './engine-under-test.ts';
import { peerPath } from './peers.ts';
import { type CliOptions, type CliResult, runClient } from './run-client.ts';

/** Runs Debian's docker CLI against an engine, with a configuration of its own (none). */
export function docker(engine: EngineUnderTest, args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return runClient([cliPath(), ...args], engine, options);
}

/** The same under a pseudo-terminal; what it printed is all in `stdout`. `input` is typed. */
export function dockerOnTerminal(engine: EngineUnderTest, args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return runClient(['script', '-qefc', [cliPath(), ...args].map(quoted).join(' '), '/dev/null'], engine, options);
}

/** What a web server answers on a port of the engine's host; '' where none does. */
export async function fetchOnHost(engine: EngineUnderTest, port: number): Promise<string> {
  const script = `fetch('http://127.0.0.1:${port}/').then((answer) => answer.text()).then((body) => process.stdout.write(body), () => undefined)`;
  return (await runClient([...engine.enter, process.execPath, '-e', script], engine, { patienceMs: 15_000 })).stdout;
}

const cliPath = (): string => join(peerPath('docker.io').split(':').at(-1) ?? '', 'docker');
const quoted = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`;
