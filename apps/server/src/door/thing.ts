/** Something on a host that a request can be about, as its engine tells of it. */
export interface Thing {
  readonly kind: 'container' | 'image' | 'network' | 'volume';
  /** 64 hex digits; of an image with `sha256:` in front; the name of a volume. */
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Networks that every engine has. They belong to nobody, so that only who may do something on the whole host may do it with them. */
export const predefinedNetworks: readonly string[] = ['bridge', 'host', 'none', 'podman'];
