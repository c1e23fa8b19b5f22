/** The twelve digits that everybody knows a container or image by. */
export function shortId(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, 12);
}

/** sha256:9f2c…b71e */
export function shortDigest(digest: string): string {
  const [algorithm = '', hex = ''] = digest.split(':');
  return hex ? `${algorithm}:${hex.slice(0, 4)}…${hex.slice(-4)}` : digest;
}
