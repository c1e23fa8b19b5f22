const lifeSeconds = 600;

/** Ties what was begun to the browser that began it. It comes back with the provider's redirect, which a Strict one does not. */
export interface FlowCookie {
  /** The Set-Cookie line that brings the token. */
  bring(token: string): string;
  /** The Set-Cookie line that takes it away. */
  drop(): string;
  /** The token in a Cookie header; undefined where there is none, or more than one. */
  read(header: string | undefined): string | undefined;
}

/** `isSecure` as for the session's cookie. */
export function flowCookie(isSecure: boolean): FlowCookie {
  const name = isSecure ? '__Host-gantry-flow' : 'gantry-flow';
  const attributes = `Path=/; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`;
  return {
    bring: (token) => `${name}=${token}; Max-Age=${lifeSeconds}; ${attributes}`,
    drop: () => `${name}=; Max-Age=0; ${attributes}`,
    read: (header) => {
      const found = (header ?? '').split(';').filter((pair) => pair.trim().startsWith(`${name}=`));
      return found.length === 1 ? found[0]?.trim().slice(name.length + 1) : undefined;
    },
  };
}
