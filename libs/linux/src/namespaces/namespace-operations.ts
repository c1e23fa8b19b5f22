import { readFileSync, writeFileSync } from 'node:fs';
import { Failure } from '@gantry/base';
import { errnoOf } from '../system/system-failure.ts';
import type { NetworkNamespaces } from './network-namespaces.ts';

export interface NamespaceOperations {
  /**
   * Makes a network namespace, or takes the one at the path `made` (that of a user namespace), and pins it at a path of a directory that exists. Answers false where the pin
   * is there already.
   */
  createNamespace(pin: string, made?: string): boolean;
  /** Removes the pin and its file; processes and sockets inside keep the namespace alive. Answers false where there was no pin. */
  removeNamespace(pin: string): boolean;
  /** Reads settings of a namespace by their dotted names (`net.ipv4.ip_forward`); those that do not exist are left out. */
  readSysctls(names: readonly string[], pin?: string): Record<string, string>;
  /** Writes settings of a namespace; fails with `not-found` for an unknown name. Only `net.*` belongs to network namespaces. */
  writeSysctls(values: Readonly<Record<string, string>>, pin?: string): void;
}

export function namespaceOperations(namespaces: NetworkNamespaces): NamespaceOperations {
  return {
    createNamespace: (pin, made) => namespaces.create(pin, made),
    removeNamespace: (pin) => namespaces.remove(pin),
    readSysctls: (names, pin) =>
      namespaces.within(pin, () => Object.fromEntries(names.flatMap((name) => readSysctl(name).map((value) => [name, value])))),
    writeSysctls: (values, pin) =>
      namespaces.within(pin, () => {
        for (const [name, value] of Object.entries(values)) writeSysctl(name, value);
      }),
  };
}

/** A name with slashes (`net/ipv4/conf/eth0.5/forwarding`) is for links with dots in their names, as in sysctl(8). */
function sysctlPath(name: string): string {
  const parts = name.includes('/') ? name.split('/') : name.split('.');
  if (parts.some((part) => part === '' || part === '..')) throw new Failure('invalid', `not a sysctl name: ${name}`);
  return `/proc/sys/${parts.join('/')}`;
}

function readSysctl(name: string): string[] {
  try {
    return [readFileSync(sysctlPath(name), 'utf8').trim()];
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return [];
    throw thrown;
  }
}

function writeSysctl(name: string, value: string): void {
  try {
    writeFileSync(sysctlPath(name), value);
  } catch (cause) {
    const code = errnoOf(cause) === 'ENOENT' ? 'not-found' : 'invalid';
    throw new Failure(code, `sysctl ${name}=${value}: ${Failure.from(cause).message}`, { cause });
  }
}
