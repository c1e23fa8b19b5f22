import type { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { Failure } from '@gantry/base';
import { type Admission, EngineDispatcher, type OfferedRequest, type PlainResponse } from '@gantry/engine-api';
import { Injectable, Logger } from '@nestjs/common';
import { doorLimits } from '../door/engine-door.ts';
import { enginePrefix } from '../door/engine-target.ts';
import { refusalOf } from '../door/guarded-engines.ts';
import { WatchedEngines } from '../door/watched-engines.ts';
import { refusePlainHttp } from '../http/refuse-plain-http.ts';
import { Authenticator } from '../sessions/authenticator.ts';
import type { Principal } from '../sessions/principal.ts';
import { SessionsService } from '../sessions/sessions.service.ts';
import { certificateHash } from '../tls/client-certificate.ts';

/**
 * The engine door on the port for client certificates. The certificate of the connection is all that says who asks: cookies and tokens in its requests
 * are not looked at, and what a proxy says of the caller's address is not believed, since none stands in front.
 */
@Injectable()
export class CertificateDoor {
  readonly #log = new Logger('certificate door');

  constructor(
    private readonly authenticator: Authenticator,
    private readonly sessions: SessionsService,
    private readonly engines: WatchedEngines,
  ) {}

  /** To be called before the server listens, which has to ask for certificates; disposing cuts what is open. */
  attach(server: HttpsServer): Disposable {
    refusePlainHttp(server, (authorization, peer) => this.authenticator.hearInClear(authorization, peer));
    return EngineDispatcher.attach(server, {
      ...doorLimits,
      prefix: enginePrefix,
      admit: (offered, socket) => this.#admit(offered, socket),
      onFailure: (failure, { method, target }) => this.#log.warn(`${method} ${target.split('?', 1)[0] ?? ''}: ${failure.message}`),
    });
  }

  async #admit(_: OfferedRequest, socket: Socket): Promise<Admission | PlainResponse> {
    try {
      const principal = await this.#principalOf(socket);
      const address = this.authenticator.peerOf(socket);
      const engine = this.engines.of({ principal, address, ended: this.sessions.ended(principal.sessionId) });
      return { engine, caller: { kind: 'person', id: principal.userId, name: principal.name, requestId: '' } };
    } catch (thrown) {
      return refusalOf(thrown) as PlainResponse;
    }
  }

  /** Decided anew for each request of a connection. */
  async #principalOf(socket: Socket): Promise<Principal> {
    const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
    if (!(socket instanceof TLSSocket) || !certificate)
      throw new Failure('unauthenticated', 'this port is for client certificates only: gantry login makes one');
    if (!socket.authorized && certificate.validToDate.getTime() > Date.now())
      throw new Failure('unauthenticated', "this client certificate is not of this server: sign in to this one with 'gantry login'");
    const principal = socket.authorized ? await this.sessions.findCertificate(certificateHash(certificate)) : undefined;
    if (!principal)
      throw new Failure('unauthenticated', "this client certificate was revoked or has expired: sign in again with 'gantry login'");
    this.authenticator.insistOnSecondFactor(principal);
    return principal;
  }
}
