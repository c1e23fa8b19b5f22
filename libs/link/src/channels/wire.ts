/** Binary frames in both directions, in order; what channels run over. `onFrame` and `onClose` are each called with one listener. */
export interface Wire {
  /** Never waits: channels bound by credit what is on its way. */
  send(frame: Uint8Array): void;
  onFrame(receive: (frame: Uint8Array) => void): void;
  onClose(closed: () => void): void;
  close(): void;
}

/** The part of a socket.io socket, of either side, that carries frames. */
export interface WireSocket {
  readonly connected: boolean;
  emit(event: 'f', frame: Uint8Array): unknown;
  on(event: 'f' | 'disconnect', listener: (frame: unknown) => void): unknown;
  off(event: 'f' | 'disconnect', listener: (frame: unknown) => void): unknown;
  disconnect(): unknown;
}

/**
 * A socket.io socket as a wire: one event `f` with one binary argument; anything else in it ends the connection. The wire is that of one connection:
 * a socket that connects again needs another one.
 */
export function socketWire(socket: WireSocket): Wire {
  let isOver = !socket.connected;
  let receive: (frame: Uint8Array) => void = () => undefined;
  let closed: () => void = () => undefined;
  const onFrame = (frame: unknown): void => {
    if (frame instanceof Uint8Array) receive(frame);
    // A browser gets binary arguments as ArrayBuffer.
    else if (frame instanceof ArrayBuffer) receive(new Uint8Array(frame));
    else socket.disconnect();
  };
  const onDisconnect = (): void => {
    isOver = true;
    socket.off('f', onFrame);
    socket.off('disconnect', onDisconnect);
    closed();
  };
  if (!isOver) {
    socket.on('f', onFrame);
    socket.on('disconnect', onDisconnect);
  }
  return {
    // A socket that is down would keep frames and replay them on the next connection.
    send: (frame) => {
      if (!isOver) socket.emit('f', frame);
    },
    onFrame: (listener) => (receive = listener),
    onClose: (listener) => {
      if (isOver) listener();
      else closed = listener;
    },
    close: () => {
      if (!isOver) socket.disconnect();
    },
  };
}
