/** The part of a socket.io socket, of either side, that carries frames. */
export interface FrameSocket {
  emit(event: 'f', frame: Uint8Array): unknown;
  on(event: 'f', listener: (frame: unknown) => void): unknown;
  on(event: 'disconnect', listener: () => void): unknown;
  disconnect(): unknown;
}

/** Binary frames in both directions; what channels run over. */
export interface FrameWire {
  send(frame: Uint8Array): void;
  onFrame(receive: (frame: Uint8Array) => void): void;
  onClose(closed: () => void): void;
  close(): void;
}

/** A socket.io socket as a wire: one event `f` with one binary argument; anything else in it ends the connection. */
export function socketWire(socket: FrameSocket): FrameWire {
  return {
    send: (frame) => void socket.emit('f', frame),
    onFrame: (receive) =>
      void socket.on('f', (frame) => {
        if (frame instanceof Uint8Array) receive(frame);
        else socket.disconnect();
      }),
    onClose: (closed) => void socket.on('disconnect', closed),
    close: () => void socket.disconnect(),
  };
}
