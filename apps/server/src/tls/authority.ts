import 'reflect-metadata';
import { randomBytes, webcrypto, X509Certificate as NodeCertificate } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto as never);

export const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const dayMs = 86_400_000;
const authorityDays = 3650;
/** Browsers refuse certificates of longer life. */
const leafDays = 397;

/** A certificate and its private key, both PEM. */
export interface Certified {
  readonly certificate: string;
  readonly key: string;
}

/** A new certificate authority that can sign certificates of servers and no further authorities. */
export async function makeAuthority(name: string): Promise<Certified> {
  const keys = await makeKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...lifetime(authorityDays),
    name: `CN=${name}`,
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: certificate.toString('pem'), key: await exportKey(keys.privateKey) };
}

/** A new certificate for a server that is reached by these names and addresses; the first one is its common name. */
export async function issueLeaf(authority: Certified, names: readonly string[]): Promise<Certified> {
  const issuer = new x509.X509Certificate(authority.certificate);
  const keys = await makeKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    ...lifetime(leafDays),
    subject: [{ CN: [names[0] ?? 'gantry'] }],
    issuer: issuer.subject,
    publicKey: keys.publicKey,
    signingKey: await importKey(authority.key),
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: isIP(value) ? 'ip' : 'dns', value }))),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey, false),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: certificate.toString('pem'), key: await exportKey(keys.privateKey) };
}

/** Names and addresses that a certificate is good for. */
export function namesOf(certificate: string): string[] {
  const names = new x509.X509Certificate(certificate).getExtension(x509.SubjectAlternativeNameExtension)?.names.items ?? [];
  return names.map(({ value }) => value);
}

/** SHA-256 over the certificate, 64 lower-case hex digits. */
export function fingerprintOf(certificate: string): string {
  return new NodeCertificate(certificate).fingerprint256.replaceAll(':', '').toLowerCase();
}

/** Whether the certificate is from this authority and good for another 30 days. */
export function isFresh(certificate: string, authority: string): boolean {
  const leaf = new NodeCertificate(certificate);
  return leaf.verify(new NodeCertificate(authority).publicKey) && leaf.validToDate.getTime() - Date.now() > 30 * dayMs;
}

function lifetime(days: number): { serialNumber: string; notBefore: Date; notAfter: Date } {
  const now = Date.now();
  // A day back: the clocks of browsers and hosts may be behind.
  return { serialNumber: newSerial(), notBefore: new Date(now - dayMs), notAfter: new Date(now + days * dayMs) };
}

/** 128 bits, most of them random; positive, as it has to be. */
export function newSerial(): string {
  return `4${randomBytes(15).toString('hex')}0`;
}

function makeKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}

export function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  return webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(pem), algorithm, false, ['sign']);
}
