import * as z from 'zod';
import { type ContractRow, text } from './row.ts';

const Health = z.object({ status: z.literal('ok') });

/** The process lives. */
export const getHealth = {
  name: 'getHealth',
  method: 'GET',
  path: '/healthz',
  access: 'public',
  beforeOwner: true,
  summary: 'Whether the server lives',
  answer: Health,
} as const satisfies ContractRow;

/** The database answers, too. */
export const getReadiness = {
  name: 'getReadiness',
  method: 'GET',
  path: '/readyz',
  access: 'public',
  beforeOwner: true,
  summary: 'Whether the server can do its work',
  answer: Health,
} as const satisfies ContractRow;

export const getMetrics = {
  name: 'getMetrics',
  method: 'GET',
  path: '/metrics',
  access: 'loopback',
  summary: 'Numbers of the server for Prometheus',
  answer: text,
} as const satisfies ContractRow;

/** The certificate authority that this server made for itself, as PEM. 404 without TLS of our own. */
export const getCertificateAuthority = {
  name: 'getCertificateAuthority',
  method: 'GET',
  path: '/gantry-ca.crt',
  access: 'public',
  beforeOwner: true,
  summary: 'The certificate that browsers and agents have to trust',
  answer: text,
} as const satisfies ContractRow;

export const Installation = z
  .object({
    id: z.uuid(),
    version: z.string(),
    createdAt: z.iso.datetime(),
    url: z.string(),
    /** Where engines answer to client certificates; absent where they do not. */
    enginePort: z.int().optional(),
    /** SHA-256 of the server's own authority, 64 hex digits: what `gantry login` compares. Absent where another one vouches for this address. */
    fingerprint: z.string().optional(),
  })
  .meta({ id: 'Installation' });
export type Installation = z.infer<typeof Installation>;

export const getInstallation = {
  name: 'getInstallation',
  method: 'GET',
  path: '/api/installation',
  access: 'session',
  summary: 'This installation',
  answer: Installation,
} as const satisfies ContractRow;

/** This table as OpenAPI. */
export const getApiDescription = {
  name: 'getApiDescription',
  method: 'GET',
  path: '/api/openapi.json',
  access: 'session',
  summary: 'This API as OpenAPI',
  answer: z.record(z.string(), z.unknown()),
} as const satisfies ContractRow;

export const getApiPage = {
  name: 'getApiPage',
  method: 'GET',
  path: '/api/docs',
  access: 'session',
  summary: 'This API as a page',
  answer: text,
} as const satisfies ContractRow;

export const getApiPageFile = {
  name: 'getApiPageFile',
  method: 'GET',
  path: '/api/docs/:file',
  access: 'session',
  summary: 'Scripts and styles of the page',
  params: z.object({ file: z.string() }),
  answer: text,
} as const satisfies ContractRow;
