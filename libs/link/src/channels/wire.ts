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
  on(event: 'f', listener: (frame: unknown) => void): unknown;
  on(event: 'disconnect', listener: () => void): unknown;
  disconnect(): unknown;
}

/** A socket.io socket as a wire: one event `f` with one binary argument; anything else in it ends the connection. */
export function socketWire(socket: WireSocket): Wire {
  return {
    send: (frame) => {
      // A socket that is down would keep frames and replay them on the next connection.
      if (socket.connected) socket.emit('f', frame);
    },
    onFrame: (receive) => {
      socket.on('f', (frame) => {
        if (frame instanceof Uint8Array) receive(frame);
        // A browser gets binary arguments as ArrayBuffer.
        else if (frame instanceof ArrayBuffer) receive(new Uint8Array(frame));
        else socket.disconnect();
      });
    },
    onClose: (closed) => {
      if (socket.connected) socket.on('disconnect', closed);
      else closed();
    },
    close: () => {
      socket.disconnect();
    },
  };
}
