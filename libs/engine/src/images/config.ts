/** Where this process was told to find further certificates (OpenSSL's variable; Node itself reads NODE_EXTRA_CA_CERTS). */
export function certificateFile(): string | undefined {
  const path = process.env['SSL_CERT_FILE'];
  return path === '' ? undefined : path;
}
