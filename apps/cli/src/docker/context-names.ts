export interface RemoteHost {
  readonly id: string;
  readonly name: string;
}

/** The name of each host's context, by the host's id: in letters that docker takes, and no two alike. */
export function contextNames(hosts: readonly RemoteHost[], prefix: string): Map<string, string> {
  const plain = hosts.map(({ id, name }) => ({ id, name: `${prefix}-${name.replace(/[^a-zA-Z0-9_.+-]+/g, '-')}` }));
  const isShared = (name: string): boolean => plain.filter((other) => other.name === name).length > 1;
  return new Map(plain.map(({ id, name }) => [id, isShared(name) ? `${name}-${id.slice(-8)}` : name]));
}
