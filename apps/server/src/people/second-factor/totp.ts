import { createHmac, timingSafeEqual } from 'node:crypto';

/** What every authenticator understands: RFC 6238 with HMAC-SHA-1, six digits, half a minute. */
const digits = 6;
const stepMs = 30_000;
/** A code is taken one step early and one late, for clocks and slow fingers. */
const tolerance = 1;
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The number of the time step that a time is in. */
export function stepAt(timeMs: number): number {
  return Math.floor(timeMs / stepMs);
}

/** The code of a step (RFC 4226, section 5.3). */
export function totpCode(secret: Uint8Array, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', secret).update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 0xf;
  return String((mac.readUInt32BE(offset) & 0x7fff_ffff) % 10 ** digits).padStart(digits, '0');
}

/** The step whose code it is, of those near the time; undefined where it is of none. Takes the same time whichever it is. */
export function matchingStep(secret: Uint8Array, code: string, timeMs: number): number | undefined {
  if (!/^[0-9]{6}$/.test(code)) return undefined;
  const given = Buffer.from(code);
  let found: number | undefined;
  for (let step = stepAt(timeMs) - tolerance; step <= stepAt(timeMs) + tolerance; step++)
    if (timingSafeEqual(Buffer.from(totpCode(secret, step)), given)) found = step;
  return found;
}

/** As authenticators take it from a QR code or from the keyboard. */
export function totpUri(name: string, secret: Uint8Array): string {
  const query = new URLSearchParams({ secret: base32(secret), issuer: 'Gantry', algorithm: 'SHA1', digits: String(digits), period: '30' });
  return `otpauth://totp/Gantry:${encodeURIComponent(name)}?${query.toString()}`;
}

/** RFC 4648, without padding. */
export function base32(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{1,5}/g) ?? []).map((group) => alphabet[parseInt(group.padEnd(5, '0'), 2)]).join('');
}
