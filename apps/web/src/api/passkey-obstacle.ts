/** Why a browser gives no passkey here: the page is at an address instead of a name, not encrypted with a certificate it trusts, or the browser knows none. */
export type PasskeyObstacle = 'address' | 'insecure' | 'browser';

export function passkeyObstacle({ hostname } = location): PasskeyObstacle | undefined {
  if (/^[\d.]+$|:/.test(hostname)) return 'address';
  if (!isSecureContext) return 'insecure';
  return 'PublicKeyCredential' in window ? undefined : 'browser';
}
