import { X509Certificate } from 'node:crypto';
import { confirm } from '../ask-person.ts';
import { Trouble } from '../trouble.ts';
import { exchange, type Trust } from './ask-server.ts';

/** What is known of the server's authority beforehand. */
export interface Known {
  /** Its fingerprint, as `gantry up` and the account page show it. */
  readonly fingerprint?: string | undefined;
  /** The authority itself, from an earlier login. */
  readonly ca?: string | undefined;
}

/**
 * By which authority the server proves itself, before anything secret is said: the one that is known, the system's, or the server's own once a person has
 * compared its fingerprint. A server with another one is refused.
 */
export async function trustServer(url: URL, known: Known): Promise<Trust> {
  if (url.protocol === 'http:') return {};
  if (known.fingerprint !== undefined) return proven(url, await compared(url, known.fingerprint));
  if (known.ca !== undefined) return proven(url, { ca: known.ca });
  const refusal = await refusalOf(url, {});
  if (refusal === undefined) return {};
  if (!isOfCertificate(refusal)) throw troubleWith(url, refusal);
  const ca = await authorityOf(url);
  const fingerprint = fingerprintOf(ca);
  const advice = `compare it with the one that ./gantry up printed, or that your account page shows, and give it as --fingerprint ${fingerprint}`;
  if (!process.stdin.isTTY) throw new Trouble(`${url.host} has an authority of its own (SHA-256 ${fingerprint}): ${advice}`);
  const question = `${url.host} has a certificate authority of its own, SHA-256:\n  ${fingerprint}\nIs that the one that ./gantry up printed, or that your account page shows? (yes/no) `;
  if (!(await confirm(question))) throw new Trouble(`${url.host} was not trusted: nothing was sent to it`);
  return proven(url, { ca });
}

/** SHA-256, 64 lower-case hex digits. */
export function fingerprintOf(ca: string): string {
  return plain(new X509Certificate(ca).fingerprint256);
}

async function compared(url: URL, wanted: string): Promise<Trust> {
  const plainly = plain(wanted);
  if (!/^[0-9a-f]{64}$/.test(plainly)) throw new Trouble(`--fingerprint ${wanted} is not one: expected 64 hex digits (SHA-256)`, 2);
  const ca = await authorityOf(url);
  const found = fingerprintOf(ca);
  if (found === plainly) return { ca };
  throw new Trouble(`${url.host} is not the server that is meant: its authority is ${found}, and not ${plainly}. Nothing was sent to it`);
}

async function proven(url: URL, trust: Trust): Promise<Trust> {
  const refusal = await refusalOf(url, trust);
  if (refusal === undefined) return trust;
  throw troubleWith(url, refusal);
}

/**
 * Asked for on a connection that proves nothing: it counts only once its fingerprint was compared. One certificate, whatever came with it: all that is handed to TLS
 * is trusted, and the fingerprint is that of the first.
 */
async function authorityOf(url: URL): Promise<string> {
  const { status, body } = await exchange(url, 'GET /gantry-ca.crt', { rejectUnauthorized: false }).catch((thrown: unknown) => {
    throw troubleWith(url, thrown as NodeJS.ErrnoException);
  });
  if (status === 200 && typeof body === 'string' && body.includes('BEGIN CERTIFICATE')) return onlyCertificateOf(url, body);
  throw new Trouble(`${url.host} has no authority of its own, and the system does not trust its certificate`);
}

function onlyCertificateOf(url: URL, pem: string): string {
  try {
    return new X509Certificate(pem).toString();
  } catch {
    throw new Trouble(`${url.host} sent something as its authority that is no certificate`);
  }
}

async function refusalOf(url: URL, trust: Trust): Promise<NodeJS.ErrnoException | undefined> {
  try {
    await exchange(url, 'GET /healthz', trust);
    return undefined;
  } catch (thrown) {
    return thrown as NodeJS.ErrnoException;
  }
}

function isOfCertificate({ code = '' }: NodeJS.ErrnoException): boolean {
  return /CERT|UNABLE_TO|SELF_SIGNED|SIGNATURE/.test(code);
}

function troubleWith(url: URL, { code, message }: NodeJS.ErrnoException): Trouble {
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return new Trouble(
      `the certificate of ${url.host} is for other names: use one of those that ./gantry up printed, or start the server with --url ${url.origin}`,
    );
  if (isOfCertificate({ code: code ?? '' } as NodeJS.ErrnoException))
    return new Trouble(
      `${url.host} does not prove that it is the server that is meant (${message}): where its authority was made anew, give its --fingerprint`,
    );
  return new Trouble(`${url.host} does not answer: ${message}`);
}

function plain(fingerprint: string): string {
  return fingerprint.replaceAll(':', '').toLowerCase();
}
