import type { Socket } from 'node:net';
import type { Failure } from '@gantry/base';
import type { EngineRequest } from '../engine.ts';
import type { DeclaredBody } from '../http1/declared-body.ts';
import type { SocketReader } from '../http1/socket-reader.ts';
import type { SocketWriter } from '../http1/socket-writer.ts';
import type { Admit, DoorLimits } from './admission.ts';

/** The connection that an exchange runs on. */
export interface ClientConnection {
  readonly socket: Socket;
  readonly reader: SocketReader;
  readonly writer: SocketWriter;
  readonly options: DoorLimits & { readonly admit: Admit };
  /** Whom to tell that the peer is gone or the door closes. */
  onCut: ((failure: Failure) => void) | undefined;
}

/** One request and its answer as the parts of the door see it. */
export interface Exchange {
  readonly connection: ClientConnection;
  readonly request: EngineRequest;
  readonly body: DeclaredBody;
  readonly isVersion11: boolean;
  /** The connection ends after this answer. */
  mustClose: boolean;
  /** Rejects when the peer is gone or the door closes. */
  readonly cut: Promise<never>;
  /** The head of the answer is out: a failure can only cut. */
  hasAnswered: boolean;
}
