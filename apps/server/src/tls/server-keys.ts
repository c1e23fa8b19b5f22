import { join } from 'node:path';
import { Identity, readIfPresent, writeDurably } from '@gantry/link';
import { Sealer } from '../secrets/sealer.ts';
import { type Certified, fingerprintOf, isFresh, issueLeaf, makeAuthority, namesOf } from './authority.ts';

/** The keys of this server under `<data-root>/server`, each a file of mode 0600, made at the first start. */
export class ServerKeys {
  /** Proves this server to agents; independent of the certificates, which may be renewed or belong to a proxy. */
  readonly identity: Identity;
  readonly authority: Certified;
  /** Signs client certificates and nothing else: a certificate of the other one opens no door here. */
  readonly clientAuthority: Certified;
  /** Seals what the database keeps of secrets. */
  readonly sealer: Sealer;
  readonly #directory: string;

  private constructor(directory: string, keys: Pick<ServerKeys, 'identity' | 'authority' | 'clientAuthority' | 'sealer'>) {
    this.#directory = directory;
    this.identity = keys.identity;
    this.authority = keys.authority;
    this.clientAuthority = keys.clientAuthority;
    this.sealer = keys.sealer;
  }

  /** The key of secrets may lie elsewhere, apart from what is backed up with the database. */
  static async open(dataRoot: string, secretsKeyFile?: string): Promise<ServerKeys> {
    const directory = join(dataRoot, 'server');
    const identity = await Identity.open(join(directory, 'identity.key'));
    const sealer = await Sealer.open(secretsKeyFile ?? join(directory, 'secrets.key'));
    const authority = await openAuthority(join(directory, 'ca.pem'), 'Gantry');
    const clientAuthority = await openAuthority(join(directory, 'client-ca.pem'), 'Gantry clients');
    return new ServerKeys(directory, { identity, sealer, authority, clientAuthority });
  }

  /** SHA-256 of the authority's certificate, 64 hex digits: what a person compares before trusting it. */
  get fingerprint(): string {
    return fingerprintOf(this.authority.certificate);
  }

  /** A certificate that is good for all these names, for 30 days at least; the stored one where it still is, else a new one. */
  async leaf(names: readonly string[]): Promise<Certified> {
    const file = join(this.#directory, 'tls.pem');
    const stored = split(await readIfPresent(file));
    const known = stored && isFresh(stored.certificate, this.authority.certificate) ? namesOf(stored.certificate) : [];
    if (stored && names.every((name) => known.includes(canonical(name)))) return stored;
    const leaf = await issueLeaf(this.authority, names);
    await writeDurably(file, `${leaf.key}\n${leaf.certificate}\n`);
    return leaf;
  }
}

async function openAuthority(file: string, name: string): Promise<Certified> {
  const stored = split(await readIfPresent(file));
  if (stored) return stored;
  const made = await makeAuthority(`${name} ${new Date().toISOString().slice(0, 10)}`);
  await writeDurably(file, `${made.key}\n${made.certificate}\n`);
  return made;
}

/** Key and certificate stand in one file, so that they are always of one another. */
function split(pem: string | undefined): Certified | undefined {
  const [key, certificate] = ['PRIVATE KEY', 'CERTIFICATE'].map(
    (label) => new RegExp(`-----BEGIN ${label}-----[^]+?-----END ${label}-----`).exec(pem ?? '')?.[0],
  );
  return key === undefined || certificate === undefined ? undefined : { key, certificate };
}

/** As it stands in a certificate. */
function canonical(name: string): string {
  return name.includes(':') ? new URL(`http://[${name}]`).hostname.slice(1, -1) : name;
}
