import { defaultDomain, type Registries } from '@gantry/oci';

export interface LoginWish {
  readonly username: string;
  readonly password: string;
  readonly identityToken: string;
  /** As `registry.example:5000` or a URL of it; '' is Docker Hub. */
  readonly server: string;
}

/** Tries credentials at a registry. Fails with `unauthenticated` where it refuses them; answers the identity token that stands for them, or ''. */
export async function registryLogin(
  registries: Registries,
  wish: LoginWish,
  signal: AbortSignal,
): Promise<{ readonly identityToken: string }> {
  const registry = await registries.open({ domain: registryDomain(wish.server), path: 'login' }, { credentials: wish, signal });
  return { identityToken: await registry.login(signal) };
}

/** `https://index.docker.io/v1/` is how clients have named Docker Hub from the beginning. */
export function registryDomain(server: string): string {
  const host = server.replace(/^https?:\/\//, '').split('/', 1)[0] ?? '';
  return host === '' || host === 'index.docker.io' || host === 'registry-1.docker.io' ? defaultDomain : host;
}
