import { Failure } from '@gantry/base';
import { Database } from '@gantry/db';
import { Injectable } from '@nestjs/common';
import type { AccessTransaction } from '../access/given-grants.store.ts';

export interface StoredProvider {
  readonly key: string;
  readonly name: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: Uint8Array<ArrayBuffer> | null;
  readonly scopes: string[];
  readonly groupsClaim: string;
  readonly mappings: unknown;
  readonly createsPeople: boolean;
  readonly linksByEmail: boolean;
  readonly emailDomains: string[];
  readonly secondFactor: string;
  readonly isEnabled: boolean;
  readonly configuredById: string | null;
  readonly createdAt: Date;
}

export interface ListedProvider extends StoredProvider {
  readonly _count: { readonly identities: number };
}

export type WantedProvider = Omit<StoredProvider, 'createdAt' | 'mappings'> & { readonly mappings: object[] };

const withPeople = { include: { _count: { select: { identities: true } } } } as const;

@Injectable()
export class ProvidersStore {
  constructor(private readonly database: Database) {}

  list(): Promise<ListedProvider[]> {
    return this.database.prisma.identityProvider.findMany({ orderBy: { name: 'asc' }, ...withPeople });
  }

  find(key: string): Promise<ListedProvider | null> {
    return this.database.prisma.identityProvider.findUnique({ where: { key }, ...withPeople });
  }

  /** Those that have a button. */
  buttons(): Promise<{ key: string; name: string }[]> {
    const where = { isEnabled: true };
    return this.database.prisma.identityProvider.findMany({ where, select: { key: true, name: true }, orderBy: { name: 'asc' } });
  }
}

/** `not-found` where there is no such provider. */
export async function loadProvider(transaction: AccessTransaction, key: string): Promise<StoredProvider> {
  const provider = await transaction.identityProvider.findUnique({ where: { key } });
  if (!provider) throw new Failure('not-found', `no such provider: ${key}`);
  return provider;
}

/** `conflict` where key or name is taken. */
export async function addProvider(transaction: AccessTransaction, wanted: WantedProvider): Promise<void> {
  if (await transaction.identityProvider.findUnique({ where: { key: wanted.key } }))
    throw new Failure('conflict', `the key ${wanted.key} is taken`);
  await refuseTaken(transaction, wanted);
  await transaction.identityProvider.create({ data: wanted });
}

/** `conflict` where the name is taken. */
export async function replaceProvider(transaction: AccessTransaction, { key, ...wanted }: WantedProvider): Promise<void> {
  await refuseTaken(transaction, { key, ...wanted });
  await transaction.identityProvider.update({ where: { key }, data: wanted });
}

/** What its groups gave goes with it, but for places in teams: see `settleMembers`. */
export async function removeProvider(transaction: AccessTransaction, key: string): Promise<void> {
  await transaction.identityProvider.delete({ where: { key } });
}

/** What a role that people made holds; undefined where there is none. */
export async function permissionsOfRole(transaction: AccessTransaction, id: string): Promise<string[] | undefined> {
  return (await transaction.role.findMany({ where: { id } }))[0]?.permissions;
}

async function refuseTaken(transaction: AccessTransaction, { key, name }: { key: string; name: string }): Promise<void> {
  const [taken] = await transaction.identityProvider.findMany({ where: { name: { equals: name, mode: 'insensitive' } } });
  if (taken && taken.key !== key) throw new Failure('conflict', `the name ${name} is taken`);
}
