/** Where this page comes from, and what is known of the server behind it. */
export interface DockerPlace {
  readonly url: string;
  /** Of the server's own authority; absent where the system's vouch for it. */
  readonly fingerprint?: string | undefined;
  /** A host that the person may use. */
  readonly host?: string | undefined;
}

export interface DockerLines {
  readonly login: string;
  readonly use: string;
  readonly proxy: string;
}

/** What a person types to use their docker CLI. The names of contexts are those that `gantry login` makes. */
export function dockerLines({ url, fingerprint, host = '<host>' }: DockerPlace): DockerLines {
  const pin = fingerprint === undefined ? '' : ` \\\n  --fingerprint ${fingerprint}`;
  const context = `gantry-${host.replace(/[^a-zA-Z0-9_.+<>-]+/g, '-')}`;
  return {
    login: `./gantry login ${url}${pin}`,
    use: `docker --context ${context} ps`,
    proxy: `./gantry proxy ${/^[\w.<>+-]+$/.test(host) ? host : `'${host.replaceAll("'", String.raw`'\''`)}'`}`,
  };
}
