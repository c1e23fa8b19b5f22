import { parseBytes } from '../../format/quantities.ts';
import type { MessageKey } from '../../i18n/i18n.ts';
import { restartPolicies } from '../run/restart-policies.ts';
import type { HostConfig } from './inspect.ts';

/** Limits as written; what is left empty stays as it is. */
export interface LimitsForm {
  readonly memory: string;
  readonly cpus: string;
  readonly pids: string;
  readonly restart: (typeof restartPolicies)[number];
}

const mebibyte = 1024 ** 2;
const leastMemory = 6 * mebibyte;

export function limitsOf({ Memory = 0, NanoCpus = 0, PidsLimit, RestartPolicy }: HostConfig): LimitsForm {
  return {
    memory: Memory ? (Memory % mebibyte ? String(Memory) : `${Memory / mebibyte}m`) : '',
    cpus: NanoCpus ? String(NanoCpus / 1e9) : '',
    pids: PidsLimit && PidsLimit > 0 ? String(PidsLimit) : '',
    restart: restartPolicies.find((name) => name === RestartPolicy?.Name) ?? 'no',
  };
}

export function limitProblems(form: LimitsForm): Partial<Record<keyof LimitsForm, MessageKey>> {
  const problems: Partial<Record<keyof LimitsForm, MessageKey>> = {};
  if (form.memory && (parseBytes(form.memory) ?? 0) < leastMemory) problems.memory = 'run.badMemory';
  if (form.cpus && !(Number(form.cpus) > 0)) problems.cpus = 'run.badCpus';
  if (form.pids && !/^[1-9]\d*$/.test(form.pids)) problems.pids = 'config.badPids';
  return problems;
}

/** Only what differs is asked for. Swap follows memory as `docker run -m` has it: as much again. */
export function updateBody(before: LimitsForm, now: LimitsForm): Record<string, unknown> {
  const memory = parseBytes(now.memory);
  return {
    ...(now.memory && now.memory !== before.memory && memory ? { Memory: memory, MemorySwap: memory * 2 } : {}),
    ...(now.cpus && now.cpus !== before.cpus ? { NanoCpus: Math.round(Number(now.cpus) * 1e9) } : {}),
    ...(now.pids && now.pids !== before.pids ? { PidsLimit: Number(now.pids) } : {}),
    ...(now.restart === before.restart ? {} : { RestartPolicy: { Name: now.restart } }),
  };
}

/** The same as one would type it. */
export function updateCommand(before: LimitsForm, now: LimitsForm, name: string): string {
  const flag = (word: string, field: keyof LimitsForm): string =>
    now[field] && now[field] !== before[field] ? ` ${word} ${now[field]}` : '';
  return `docker update${flag('--memory', 'memory')}${flag('--cpus', 'cpus')}${flag('--pids-limit', 'pids')}${flag('--restart', 'restart')} ${name}`;
}
