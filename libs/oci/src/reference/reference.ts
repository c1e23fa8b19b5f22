import { Failure } from '@gantry/base';
import { type Digest, isDigest, parseDigest } from '../digest/digest.ts';

/** A normalised image name: where (`docker.io`), what (`library/alpine`), and which one of them. */
export interface Reference {
  readonly domain: string;
  readonly path: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

export const defaultDomain = 'docker.io';
const legacyDomain = 'index.docker.io';
const officialPrefix = 'library/';
const longestName = 255;
const longestText = 4096;

// The grammar of github.com/distribution/reference (regexp.go); each alternative starts with its own character, so matching is linear.
const domainPart = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const host = `(?:${domainPart}(?:\\.${domainPart})*|\\[[a-fA-F0-9:]+\\])`;
const domainText = `${host}(?::[0-9]+)?`;
const pathPart = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const nameText = `(${domainText})/(${pathPart}(?:/${pathPart})*)`;
const tagText = '[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}';
const digestText = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}';
const wholeReference = new RegExp(`^${nameText}(?::(${tagText}))?(?:@(${digestText}))?$`);
const wholeTag = new RegExp(`^${tagText}$`);

const wrongFormat = 'invalid reference format';

/**
 * A name as people type it (`alpine`, `localhost:5000/a/b:1`, `x@sha256:…`), normalised as Docker does: no domain is `docker.io`, a single
 * word there is under `library/`. No tag is added. Fails with `invalid` in dockerd's words.
 */
export function parseReference(text: string): Reference {
  if (text.length > longestText) throw new Failure('invalid', wrongFormat);
  if (/^[0-9a-f]{64}$/.test(text)) {
    throw new Failure('invalid', `invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`);
  }
  const { domain, rest } = splitDomain(text);
  const remote = rest.split(':', 1)[0] ?? '';
  if (remote.toLowerCase() !== remote) {
    throw new Failure('invalid', `${wrongFormat}: repository name (${remote}) must be lowercase`);
  }
  const match = wholeReference.exec(`${domain}/${rest}`);
  if (match === null) throw new Failure('invalid', wrongFormat);
  const [, foundDomain = '', path = '', tag, digest] = match;
  if (path.length > longestName) {
    throw new Failure('invalid', `repository name must not be more than ${longestName} characters`);
  }
  return {
    domain: foundDomain,
    path,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest: parseDigest(digest) }),
  };
}

function splitDomain(text: string): { domain: string; rest: string } {
  const slash = text.indexOf('/');
  const first = text.slice(0, Math.max(slash, 0));
  if (slash < 0) return { domain: defaultDomain, rest: officialPrefix + text };
  const isDomain = first === 'localhost' || /[.:]/.test(first) || first.toLowerCase() !== first;
  const domain = !isDomain || first === legacyDomain ? defaultDomain : first;
  const rest = isDomain ? text.slice(slash + 1) : text;
  return { domain, rest: domain === defaultDomain && !rest.includes('/') ? officialPrefix + rest : rest };
}

export function isTag(text: string): boolean {
  return wholeTag.test(text);
}

/** With `latest` where it has neither tag nor digest. */
export function withDefaultTag(reference: Reference): Reference {
  return reference.tag === undefined && reference.digest === undefined ? { ...reference, tag: 'latest' } : reference;
}

/** `docker.io/library/alpine`, without tag and digest. */
export function canonicalName(reference: Reference): string {
  return `${reference.domain}/${reference.path}`;
}

/** `docker.io/library/alpine:3@sha256:…`: one text per name, for keys. */
export function canonicalText(reference: Reference): string {
  return canonicalName(reference) + suffix(reference);
}

/** `alpine`: the short form that people read, without tag and digest. */
export function familiarName(reference: Reference): string {
  if (reference.domain !== defaultDomain) return canonicalName(reference);
  const isOfficial = reference.path.startsWith(officialPrefix) && !reference.path.slice(officialPrefix.length).includes('/');
  return isOfficial ? reference.path.slice(officialPrefix.length) : reference.path;
}

/** `alpine:3`, `localhost:5000/a@sha256:…`: what Docker's lists show. */
export function familiarText(reference: Reference): string {
  return familiarName(reference) + suffix(reference);
}

function suffix({ tag, digest }: Reference): string {
  return (tag === undefined ? '' : `:${tag}`) + (digest === undefined ? '' : `@${digest}`);
}

/** What a request may name: an image id or digest in full, or a name. Short id prefixes parse as names: the caller tries both. */
export function parseAnyReference(
  text: string,
): { readonly kind: 'id'; readonly id: Digest } | { readonly kind: 'name'; readonly name: Reference } {
  if (/^[0-9a-f]{64}$/.test(text)) return { kind: 'id', id: `sha256:${text}` as Digest };
  if (isDigest(text)) return { kind: 'id', id: text };
  return { kind: 'name', name: parseReference(text) };
}
