import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Program } from '@gantry/base/testing';

/** Runs the built agent with words and settings; disposing ends it and waits for it. */
export function startAgent(bundle: string, how: { args: readonly string[]; environment: NodeJS.ProcessEnv }): Program {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', bundle, ...how.args], {
    env: { ...process.env, NODE_OPTIONS: '', ...how.environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout);
  return {
    child,
    async says(pattern) {
      for await (const line of lines) {
        const found = pattern.exec(line)?.[1];
        if (found !== undefined) return found;
      }
      throw new Error(`the agent ended without saying ${pattern.source}`);
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}
