import type { ServerConfig } from '../config.ts';
import type { ServerKeys } from '../tls/server-keys.ts';

/** What this server was started with: its configuration and its keys. */
export class Settings {
  readonly config: ServerConfig;
  readonly keys: ServerKeys;
  /** Where engines answer to client certificates, known once that is listened on; undefined where they do not. */
  enginePort: number | undefined;

  constructor(config: ServerConfig, keys: ServerKeys) {
    this.config = config;
    this.keys = keys;
  }

  /** Whether browsers reach this server by https, so that cookies may be Secure. */
  get isSecure(): boolean {
    return this.config.url?.startsWith('https:') ?? this.config.tls;
  }
}
