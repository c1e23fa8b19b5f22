import { Failure } from '@gantry/base';

const [begin, end] = ['-----BEGIN CERTIFICATE REQUEST-----', '-----END CERTIFICATE REQUEST-----'];
/** One for an RSA key of 8192 bits has less than 3 KB. */
const mostBytes = 4096;
/** A request is a sequence, so its DER begins with this; what does not, the parser would take for text and look through for PEM once more. */
const sequence = 0x30;

/**
 * The DER of a certificate request (PKCS #10): exactly one block of PEM, RFC 7468, and nothing around it but white space. Anybody may send one, and the PEM
 * patterns of the parser take quadratic time over many beginnings without an end: this takes linear time, whatever it is given. `invalid` for everything else.
 */
export function derOfRequest(pem: string): Uint8Array<ArrayBuffer> {
  const text = pem.trim();
  if (!text.startsWith(begin) || !text.endsWith(end) || text.length < begin.length + end.length) throw noRequest();
  const base64 = text.slice(begin.length, -end.length).replace(/\s/g, '');
  // No dash is among these: there is no second block in between.
  if (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) throw noRequest();
  const der = new Uint8Array(Buffer.from(base64, 'base64'));
  if (der.length > mostBytes)
    throw new Failure('invalid', `the certificate request has ${der.length} bytes: at most ${mostBytes} are read`);
  if (der[0] !== sequence) throw noRequest();
  return der;
}

function noRequest(): Failure {
  return new Failure('invalid', 'this is no certificate request (PKCS #10, one block of PEM)');
}
