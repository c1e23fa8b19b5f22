import { generateKeyPairSync, sign } from 'node:crypto';

export interface CertificateRequest {
  /** PKCS #8, PEM. */
  readonly key: string;
  /** PKCS #10, PEM. */
  readonly request: string;
}

const tag = { integer: 0x02, bitString: 0x03, objectIdentifier: 0x06, sequence: 0x30, attributes: 0xa0 } as const;
/** 1.2.840.10045.4.3.2. */
const ecdsaWithSha256 = Buffer.from([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]);

/** A new key (ECDSA P-256) and the request that a certificate be made for it (RFC 2986), without a name: the server says what the certificate carries. */
export function makeCertificateRequest(): CertificateRequest {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const version = element(tag.integer, Buffer.from([0]));
  const noName = element(tag.sequence);
  const info = element(tag.sequence, version, noName, publicKey.export({ type: 'spki', format: 'der' }), element(tag.attributes));
  const algorithm = element(tag.sequence, element(tag.objectIdentifier, ecdsaWithSha256));
  const signature = element(tag.bitString, Buffer.from([0]), sign('sha256', info, privateKey));
  const request = element(tag.sequence, info, algorithm, signature);
  const lines = request.toString('base64').replace(/.{64}(?=.)/g, '$&\n');
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    request: `-----BEGIN CERTIFICATE REQUEST-----\n${lines}\n-----END CERTIFICATE REQUEST-----\n`,
  };
}

/** DER: a tag, the length of what it holds, and that. */
function element(type: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([type, length]), content]);
  const bytes = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([type, ...bytes]), content]);
}
