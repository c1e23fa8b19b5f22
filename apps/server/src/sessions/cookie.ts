/** The session's cookie. The prefix makes browsers insist on Secure, on the path / and on this very host. */
export interface SessionCookie {
  readonly name: string;
  /** The Set-Cookie line that brings the token. */
  bring(token: string): string;
  /** The Set-Cookie line that takes it away. */
  drop(): string;
  /** The token in a Cookie header; undefined where there is none, or more than one (somebody planted another). */
  read(header: string | undefined): string | undefined;
}

/** `isSecure` is false only where the server speaks plain http on loopback: browsers would drop a Secure cookie there. */
export function sessionCookie(isSecure: boolean): SessionCookie {
  const name = isSecure ? '__Host-gantry' : 'gantry';
  const attributes = `Path=/; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`;
  return {
    name,
    bring: (token) => `${name}=${token}; ${attributes}`,
    drop: () => `${name}=; Max-Age=0; ${attributes}`,
    read: (header) => {
      const found = (header ?? '').split(';').filter((pair) => pair.trim().startsWith(`${name}=`));
      return found.length === 1 ? found[0]?.trim().slice(name.length + 1) : undefined;
    },
  };
}
