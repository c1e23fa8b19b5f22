import type { NextFunction, Request, Response } from 'express';

/** Inline styles only because xterm sets them; everything else is the server's own. */
const policy = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** On every answer of the server, errors and static files included. */
export const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': policy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
};

export function setSecurityHeaders(request: Request, response: Response, next: NextFunction): void {
  for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
  if (/^\/(api|metrics)\b/i.test(request.path)) response.setHeader('cache-control', 'no-store');
  next();
}
