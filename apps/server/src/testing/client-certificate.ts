import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import { type RequestOptions, request } from 'node:https';
import { connect, type TLSSocket } from 'node:tls';
import { once } from 'node:events';
import { createOwnCertificate, NewCertificate } from '@gantry/contract';
import * as x509 from '@peculiar/x509';
import type { TestBrowser } from './browser.ts';

/** What stands before the engines on the port for client certificates. */
export interface CertificateAnswer {
  readonly status: number;
  readonly text: string;
  readonly headers: IncomingHttpHeaders;
}

export interface TestRequest {
  readonly key: string;
  readonly request: string;
}

/** A key and a certificate request for it, both PEM. */
export async function makeCertificateRequest(namedCurve = 'P-256'): Promise<TestRequest> {
  const algorithm = { name: 'ECDSA', namedCurve, hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const made = await x509.Pkcs10CertificateRequestGenerator.create({ keys, signingAlgorithm: algorithm }, webcrypto);
  const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return { key, request: made.toString('pem') };
}

/** A client certificate with its key, as somebody's docker CLI has it. */
export class TestCertificate {
  /** Of the session that it is. */
  readonly id: string;
  readonly key: string;
  readonly certificate: string;
  readonly authority: string;
  readonly port: number;

  private constructor({ id, certificate, authority, enginePort }: NewCertificate, key: string) {
    this.id = id;
    this.key = key;
    this.certificate = certificate;
    this.authority = authority;
    this.port = enginePort;
  }

  /** Made for whoever is signed in there, or for the token that it carries. They must have proven within ten minutes that it is them. */
  static async of(person: TestBrowser, name = 'laptop'): Promise<TestCertificate> {
    const { key, request: wanted } = await makeCertificateRequest();
    const answer = await person.call(createOwnCertificate, { body: { request: wanted, name } });
    if (answer.status !== 201) throw new Error(`the certificate answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return new TestCertificate(NewCertificate.parse(answer.body), key);
  }

  /** One that came some other way. */
  static given(made: NewCertificate, key: string): TestCertificate {
    return new TestCertificate(made, key);
  }

  get tls(): { host: string; port: number; ca: string; cert: string; key: string } {
    return { host: '127.0.0.1', port: this.port, ca: this.authority, cert: this.certificate, key: this.key };
  }

  /** Asks `METHOD /path` on the port for client certificates, on a connection of its own. */
  async ask(line: string, { body, headers = {} }: { body?: unknown; headers?: OutgoingHttpHeaders } = {}): Promise<CertificateAnswer> {
    return askEnginePort(this.tls, line, { body, headers });
  }

  /** A connection on which the caller speaks HTTP itself. */
  async connect(): Promise<TLSSocket> {
    const socket = connect(this.tls);
    await once(socket, 'secureConnect');
    return socket;
  }
}

/** The same with other keys, or none; on a connection of its own unless there is an agent. */
export function askEnginePort(
  tls: RequestOptions,
  line: string,
  { body, headers = {} }: { body?: unknown; headers?: OutgoingHttpHeaders } = {},
): Promise<CertificateAnswer> {
  const [method = '', path = ''] = line.split(' ');
  const content = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  const fields = content === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(content.length) };
  return new Promise((resolve, reject) => {
    const sent = request({ agent: false, ...tls, method, path, headers: { ...headers, ...fields } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString(), headers: response.headers }),
      );
    });
    sent.on('error', reject).end(content);
  });
}
