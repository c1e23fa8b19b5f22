/** What a registry wants to see (`WWW-Authenticate`). */
export interface Challenge {
  readonly scheme: 'basic' | 'bearer';
  readonly parameters: ReadonlyMap<string, string>;
}

/** Reads the header by RFC 9110; several challenges in one, unknown schemes left out. */
export function parseChallenges(header: string): Challenge[] {
  const challenges: { readonly scheme: string; readonly parameters: Map<string, string> }[] = [];
  const token = /\s*(?:,\s*)*([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:\s*=\s*("(?:[^"\\]|\\.)*"|[^\s,"]+))?/y;
  for (let match = token.exec(header); match !== null; match = token.exec(header)) {
    const [, name = '', value] = match;
    if (value === undefined) challenges.push({ scheme: name.toLowerCase(), parameters: new Map() });
    else challenges.at(-1)?.parameters.set(name.toLowerCase(), unquoted(value));
  }
  return challenges.flatMap(({ scheme, parameters }) => (scheme === 'basic' || scheme === 'bearer' ? [{ scheme, parameters }] : []));
}

function unquoted(value: string): string {
  return value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value;
}
