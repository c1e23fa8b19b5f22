import { setTimeout as pause } from 'node:timers/promises';
import { tell } from '../say.ts';
import { Trouble } from '../trouble.ts';
import type { RemoteServer } from './ask-server.ts';

/** A client certificate as the server gives it. */
export interface NewCertificate {
  readonly id: string;
  readonly certificate: string;
  readonly authority: string;
  readonly enginePort: number;
  readonly expiresAt: string;
}

/** What somebody approved in a browser: who they are, their certificate, and the hosts that they may use. */
export interface ApprovedLogin {
  readonly who: string;
  readonly certificate: NewCertificate;
  readonly hosts: readonly { readonly id: string; readonly name: string; readonly status: string }[];
}

interface NewLoginRequest {
  readonly id: string;
  readonly secret: string;
  readonly code: string;
  readonly expiresAt: string;
  readonly everySeconds: number;
}

type LoginOutcome = { readonly state: 'waiting' | 'refused' } | ({ readonly state: 'approved' } & ApprovedLogin);

/**
 * Asks the server to be let in, says where and with which code a person approves it, and waits for them: until they have, have refused, or the code has
 * expired. The secret that stands for this machine meanwhile is never shown.
 */
export async function askForApproval(server: RemoteServer, request: string, name: string): Promise<ApprovedLogin> {
  const asked = (await server.must('POST /api/login-requests', { request, name })).body as NewLoginRequest;
  const minutes = Math.round((Date.parse(asked.expiresAt) - Date.now()) / 60_000);
  tell(`open ${server.url.origin}/approve in a browser where you are signed in, and enter the code ${asked.code}`);
  tell(`it is good for ${minutes} minutes; waiting for you`);
  for (;;) {
    await pause(asked.everySeconds * 1000);
    const { body } = await server.must(`POST /api/login-requests/${asked.id}/outcome`, { secret: asked.secret });
    const outcome = body as LoginOutcome;
    if (outcome.state === 'refused') throw new Trouble(`${server.url.host}: it was refused in the browser; nothing was changed`);
    if (outcome.state !== 'approved') continue;
    tell(`approved by ${outcome.who}`);
    return outcome;
  }
}
