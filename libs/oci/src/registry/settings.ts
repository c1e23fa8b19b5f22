import type { Trust } from './http-request.ts';

/** Who asks. Either a name with a password, or a token that a login gave. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
  /** A refresh token of the registry's token service; stands instead of the password. */
  readonly identityToken: string;
}

export interface RegistrySettings {
  /** `host`, `host:port` or a network (`10.0.0.0/8`) whose certificates are not checked and which may speak plain http; loopback is always so. */
  readonly insecure: readonly string[];
  /** Base addresses that are asked first for images of Docker Hub; what they have is checked by digest as everything. */
  readonly mirrors: readonly string[];
  /** Certificates for one registry (`host:port`); the system's own where it answers undefined. */
  readonly trust: (host: string) => Promise<Trust['secureContext']>;
  /** As `Gantry/1.0`. */
  readonly userAgent: string;
  /** The first wait before a request is tried again, which doubles each time. */
  readonly retryAfterMs?: number;
}
