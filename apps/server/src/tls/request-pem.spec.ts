import 'reflect-metadata';
import { Failure } from '@gantry/base';
import { makeCertificateRequest } from '../testing/client-certificate.ts';
import { checkCertificateRequest } from './client-certificate.ts';
import { derOfRequest } from './request-pem.ts';

const block = (der: Uint8Array): string =>
  `-----BEGIN CERTIFICATE REQUEST-----\n${Buffer.from(der).toString('base64')}\n-----END CERTIFICATE REQUEST-----`;

test('the one block of a request is read, with line ends of any kind and white space around it', async () => {
  const { request } = await makeCertificateRequest();
  const der = derOfRequest(request);

  expect(der[0]).toBe(0x30);
  for (const same of [block(der), `\n ${request}\r\n\n`, request.replace(/\r?\n/g, '\r\n')]) expect(derOfRequest(same)).toEqual(der);
  await expect(checkCertificateRequest(block(der))).resolves.toBeUndefined();
});

test('whatever else is refused, before a parser sees it', async () => {
  const { request } = await makeCertificateRequest();
  const text = Buffer.from('-----BEGIN A-----'.repeat(240));
  const others: readonly string[] = [
    ...['', 'nonsense', '-----BEGIN CERTIFICATE REQUEST-----', '-----BEGIN A-----'.repeat(480), `${request}\n${request}`, `a\n${request}`],
    ...[request.replaceAll('CERTIFICATE REQUEST', 'CERTIFICATE'), derAsBase64(request), block(new Uint8Array()), block(text)],
    ...[request.replace('-----\n', '-----\n-----BEGIN A-----\n'), request.replace('-----\n', '-----\nName: a\n')],
  ];
  for (const other of others) expect(() => derOfRequest(other)).toThrow(Failure);
  expect(() => derOfRequest(block(new Uint8Array(4097).fill(0x30)))).toThrow('has 4097 bytes: at most 4096');
});

function derAsBase64(request: string): string {
  return Buffer.from(derOfRequest(request)).toString('base64');
}
