import { Socket, type SocketConstructorOpts } from 'node:net';

interface PipeWrap {
  Pipe: new (type: number) => { open(descriptor: number): void };
}

/** A socket over a descriptor of a kind that Node does not know: libuv's pipe takes any, and `process.binding`, used here only, is the way to it. */
export function socketOver(descriptor: number): Socket {
  const { Pipe } = (process as unknown as { binding(name: string): PipeWrap }).binding('pipe_wrap');
  const handle = new Pipe(0);
  handle.open(descriptor);
  const options = { handle, readable: true, writable: true, allowHalfOpen: true };
  return new Socket(options as unknown as SocketConstructorOpts);
}
