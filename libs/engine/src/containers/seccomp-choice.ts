import { Failure } from '@gantry/base';
import { messages, parseGoJson } from '@gantry/engine-api';
import type { ContainerRecord } from './container.ts';
import { capabilitiesOf, type MachineFacts } from './runtime-spec.ts';
import { customSeccomp } from './seccomp-custom.ts';
import { defaultSeccomp, type SeccompProfile } from './seccomp-profile.ts';
import { securityOptions } from './security-options.ts';

/** The profile that a container runs under; undefined: none, because it is privileged or asked for it. */
export function seccompOf(record: ContainerRecord, machine: MachineFacts): SeccompProfile | undefined {
  const { seccomp } = securityOptions(record.hostConfig.SecurityOpt ?? []);
  if (seccomp === 'unconfined' || (record.hostConfig.Privileged && seccomp === 'default')) return undefined;
  const capabilities = capabilitiesOf(record, machine);
  if (seccomp === 'default') return defaultSeccomp(capabilities, machine.architecture);
  try {
    parseGoJson(seccomp); // Its words for a text that is no JSON are those of dockerd.
    return customSeccomp(JSON.parse(seccomp), capabilities, machine.architecture);
  } catch (cause) {
    throw new Failure('invalid', messages.seccompUnreadable(Failure.from(cause).message.replace(/^invalid JSON: /, '')), { cause });
  }
}
