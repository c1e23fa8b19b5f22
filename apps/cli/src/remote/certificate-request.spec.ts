import { spawnSync } from 'node:child_process';
import { makeCertificateRequest } from './certificate-request.ts';

test('OpenSSL reads a request as ours is meant: signed by its own key, for P-256, without a name', () => {
  const { request, key } = makeCertificateRequest();
  const { status, stdout, stderr } = spawnSync('openssl', ['req', '-verify', '-noout', '-text'], { input: request, encoding: 'utf8' });

  expect([status, stderr]).toEqual([0, expect.stringMatching(/verify OK/) as string]);
  expect(stdout).toMatch(/Subject: *\n/);
  expect(stdout).toContain('prime256v1');
  expect(key).toMatch(/^-----BEGIN PRIVATE KEY-----/);
});
