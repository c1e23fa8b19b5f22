// The entry of the kernel thread: everything that changes a namespace or waits for the kernel happens here, one request after another.
import { parentPort, workerData } from 'node:worker_threads';
import { Failure } from '@gantry/base';
import { NamespaceLost } from '../namespaces/network-namespaces.ts';
import { errnoOf } from '../system/system-failure.ts';
import { type KernelOptions, openKernelOperations } from './kernel-operations.ts';
import type { KernelAnswer, KernelRequest } from './messages.ts';

const port = parentPort;
if (!port) throw new Error('this file runs as a worker thread');

const { operations: named, close } = openKernelOperations(workerData as KernelOptions);
const operations = named as unknown as Record<string, (...args: unknown[]) => unknown>;

port.on('message', (message: KernelRequest | 'close') => {
  if (message !== 'close') {
    port.postMessage(answerOf(message.id, () => operations[message.name]?.(...message.args)));
    return;
  }
  close();
  port.close();
});
port.postMessage({ ready: Object.keys(operations) });

function answerOf(id: number, work: () => unknown): KernelAnswer {
  try {
    return { id, value: work() };
  } catch (thrown) {
    // In a foreign namespace nothing more may be done: the thread ends, its owner starts another.
    if (thrown instanceof NamespaceLost) throw thrown;
    const { code, message, details } = asFailure(thrown);
    return { id, failure: { code, message, details } };
  }
}

/** Errors of node:fs keep their errno. */
function asFailure(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown;
  const errno = errnoOf(thrown);
  const { message } = Failure.from(thrown);
  const code = errno === 'ENOENT' ? 'not-found' : 'internal';
  return new Failure(code, message, errno === undefined ? {} : { details: { errno } });
}
