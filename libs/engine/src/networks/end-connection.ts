import { writeFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import type { ContainerRecord, Run } from '../containers/container.ts';
import { type ContainersHost, pathsOf } from '../containers/containers-host.ts';
import type { ManagedContainer } from '../containers/managed-container.ts';
import { durableStep } from '../state/durable-step.ts';
import type { Sandbox } from './sandboxes.ts';

/** A connection or disconnection of a run that a killed engine had made, but not written down everywhere, is written down. Twice is once. */
export async function endConnection(host: ContainersHost, container: ManagedContainer, { sandbox, connections }: Run): Promise<void> {
  if (connections === undefined) return;
  const { endpoints, hasLeftMode } = container.record;
  if (isDeepStrictEqual(connections, { endpoints, hasLeftMode: hasLeftMode ?? false })) return;
  host.report(`container ${container.id}: a change of its networks is brought to its end`);
  await writeNetworkFiles(host, container, sandbox);
  await saveRecord(host, container, { ...container.record, ...connections });
}

/** The record that the container has from now on. */
export async function saveRecord(host: ContainersHost, container: ManagedContainer, record: ContainerRecord): Promise<void> {
  await durableStep('connection.record', () => host.records.write(container.id, 'config.json', { value: record, how: 'durably' }));
  container.record = record;
}

/** They are mounted into the container: they are written where they are, not replaced. */
export async function writeNetworkFiles(host: ContainersHost, { id }: ManagedContainer, { files }: Sandbox): Promise<void> {
  await writeFile(pathsOf(host, id).hosts, files.hosts);
  await writeFile(pathsOf(host, id).resolvConf, files.resolvConf);
}
