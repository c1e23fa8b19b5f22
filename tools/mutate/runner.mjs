// A worker that is started anew when it hangs, dies or has grown.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { root } from './mutants.mjs';

const mostMemoryBytes = 1.5e9;

export class Runner {
  #child;
  #loaded = new Set();
  #start;

  /** @param start `{ id }` of a mutant that is awake from the beginning, or `{ changed }`. */
  constructor(start = {}) {
    this.#start = start;
  }

  /** What the worker answers; `{ failed }` where it says nothing in time or ends. */
  async ask(question, limitMs) {
    if (question.kind !== 'load' && !this.#loaded.has(question.path)) {
      const answer = await this.ask({ kind: 'load', path: question.path }, 120_000);
      if (answer.failed) return answer;
    }
    const child = await this.#running();
    if (question.kind === 'load') this.#loaded.add(question.path);
    const ended = new AbortController();
    const { signal } = ended;
    const answers = [
      once(child, 'message', { signal }).then(([answer]) => answer),
      once(child, 'exit', { signal }).then(() => ({ failed: { title: question.kind, why: 'the process ended' }, hits: [] })),
      new Promise((resolve) => {
        const timer = setTimeout(() => resolve({ failed: { title: question.kind, why: 'it hung' }, hits: [], isHanging: true }), limitMs);
        signal.addEventListener('abort', () => clearTimeout(timer));
      }),
    ];
    answers.forEach((answer) => answer.catch(() => undefined));
    child.send(question);
    const answer = await Promise.race(answers);
    ended.abort();
    if (answer.isHanging || child.exitCode !== null || answer.memoryBytes > mostMemoryBytes) await this.close();
    return answer;
  }

  async close() {
    const child = this.#child;
    this.#child = undefined;
    this.#loaded.clear();
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    // What it started (a database) ends with its connection to it; what hangs is ended.
    const ended = once(child, 'exit');
    child.disconnect();
    const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await ended;
    clearTimeout(timer);
  }

  async #running() {
    if (this.#child) return this.#child;
    this.#child = fork(join(import.meta.dirname, 'worker.mjs'), {
      cwd: root,
      execArgv: ['--conditions=source', '--disable-warning=ExperimentalWarning'],
      env: { ...process.env, GANTRY_MUTATION: JSON.stringify(this.#start) },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child.stderr.resume();
    this.#child.on('error', () => undefined);
    await once(this.#child, 'message');
    return this.#child;
  }
}
