import { sign } from 'node:crypto';
import type { ContextKeys, DockerContexts, GantryContext } from '../docker/docker-contexts.ts';
import { tell } from '../say.ts';
import { messageOf, RemoteServer } from './ask-server.ts';

/** A context that was, with the keys that it had. */
export interface EndedContext {
  readonly context: GantryContext;
  readonly keys: ContextKeys | undefined;
}

/** The authority of a server that an earlier login trusted. */
export function knownAuthority(contexts: DockerContexts, url: URL): string | undefined {
  const known = contexts.list().find(({ mark }) => mark.server === url.origin && mark.trust === 'own');
  return known && contexts.keysIfThere(known.name)?.ca;
}

/** Revokes the certificates that no context uses any more, each by a signature of its own key. False where one could not be: its person is told what to do. */
export async function endCertificates(contexts: DockerContexts, ended: readonly EndedContext[]): Promise<boolean> {
  const inUse = new Set(contexts.list().map(({ mark }) => mark.certificate));
  const certificates = new Map(ended.map((one) => [one.context.mark.certificate, one]));
  let isDone = true;
  for (const [id, { context, keys }] of certificates) {
    if (inUse.has(id) || !keys || Date.parse(context.mark.expiresAt) <= Date.now()) continue;
    const problem = await endCertificate(context, keys);
    if (problem === undefined) continue;
    isDone = false;
    tell(
      `a certificate of ${context.mark.server} was not revoked (${problem}): it is good until ${context.mark.expiresAt}; revoke it on your account page`,
    );
  }
  return isDone;
}

/** What went wrong, in words; undefined where it is revoked. */
async function endCertificate({ mark }: GantryContext, { ca, cert, key }: ContextKeys): Promise<string | undefined> {
  const signature = sign('sha256', Buffer.from(`gantry: revoke ${mark.certificate}`), key).toString('base64url');
  const server = new RemoteServer(new URL(mark.server), mark.trust === 'own' ? { ca } : {});
  try {
    const answer = await server.ask('POST /api/certificates/revocation', { certificate: cert, signature });
    return answer.status === 204 ? undefined : messageOf(answer);
  } catch (thrown) {
    return (thrown as Error).message;
  }
}
