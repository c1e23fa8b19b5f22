import { parseBytes } from '../../format/quantities.ts';
import type { MessageKey } from '../../i18n/i18n.ts';
import { hidden } from './inspected-values.ts';
import { isFlag, plainNames, plainOptions } from './plain-options.ts';
import { isPublishable } from './port-ranges.ts';
import { deviceRequests, nanoseconds, throttles, ulimitOf, weights } from './resource-texts.ts';
import { filledMounts, filledNetworks, filledPairs, filledPorts, isModeOnly, linesOf, type RunForm } from './run-form.ts';
import { splitCommand } from './shell-words.ts';

export type Problems = Partial<Record<keyof RunForm, MessageKey>>;

const namePattern = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;
const leastMemoryBytes = 6 * 1024 ** 2;

/** What cannot be run as written, by field; the engine has the last word. */
export function problemsOf(form: RunForm): Problems {
  const problems: Problems = { ...plainProblems(form), ...rowProblems(form), ...resourceProblems(form) };
  if (!form.image.trim() || /\s/.test(form.image.trim())) problems.image = 'run.needsImage';
  if (form.name && !namePattern.test(form.name)) problems.name = 'run.badName';
  if (splitCommand(form.command) === undefined) problems.command = 'run.badCommand';
  if (splitCommand(form.entrypoint) === undefined) problems.entrypoint = 'run.badCommand';
  if (form.health === 'exec' && splitCommand(form.healthCommand) === undefined) problems.healthCommand = 'run.badCommand';
  for (const field of ['healthInterval', 'healthTimeout', 'healthStartPeriod', 'healthStartInterval'] as const)
    if (form[field].trim() && nanoseconds(form[field]) === undefined) problems[field] = 'launch.badDuration';
  for (const field of ['healthRetries', 'stopTimeout', 'restartTries'] as const)
    if (form[field].trim() && !/^\d+$/.test(form[field].trim())) problems[field] = 'launch.badNumber';
  if (!isObject(form.other)) problems.other = 'launch.badJson';
  for (const [field, written] of Object.entries(form) as [keyof RunForm, unknown][])
    if (typeof written === 'string' && written.includes(hidden)) problems[field] = 'launch.hiddenVariable';
  return problems;
}

function plainProblems(form: RunForm): Problems {
  const problems: Problems = {};
  for (const name of plainNames) {
    const { kind } = plainOptions[name];
    if (isFlag(name) || !form[name].trim()) continue;
    const text = form[name].trim();
    if (kind === 'integer' && !/^-?\d+$/.test(text)) problems[name] = 'launch.badNumber';
    if (kind === 'bytes' && parseBytes(text) === undefined && !(name === 'memorySwap' && text === '-1')) problems[name] = 'launch.badSize';
    if (kind === 'pairs' && linesOf(text).some((line) => line.startsWith('='))) problems[name] = 'run.badVariable';
  }
  if (form.memory && (parseBytes(form.memory) ?? 0) < leastMemoryBytes) problems.memory = 'run.badMemory';
  return problems;
}

function rowProblems(form: RunForm): Problems {
  const problems: Problems = {};
  const networks = filledNetworks(form);
  if (!filledPorts(form).every(isPublishable)) problems.ports = 'run.badPort';
  if (filledPairs(form.environment).some(({ name }) => !name.trim() || name.includes('='))) problems.environment = 'run.badVariable';
  if (filledPairs(form.labels).some(({ name }) => !name.trim() || name.includes('='))) problems.labels = 'run.badVariable';
  for (const field of ['environment', 'labels'] as const)
    if (filledPairs(form[field]).some(({ value }) => value.includes(hidden))) problems[field] = 'launch.hiddenVariable';
  if (
    filledMounts(form).some(
      ({ kind, source, target }) => !target.trim().startsWith('/') || (kind === 'bind' && !source.trim().startsWith('/')),
    )
  )
    problems.mounts = 'launch.badMount';
  const isShared = ({ name }: { name: string }): boolean => isModeOnly(name.trim()) && name.trim() !== 'bridge';
  if (networks.length > 1 && networks.some(isShared)) problems.networks = 'launch.badNetworks';
  return problems;
}

function resourceProblems(form: RunForm): Problems {
  const problems: Problems = {};
  if (form.cpus.trim() && !(Number(form.cpus) > 0)) problems.cpus = 'run.badCpus';
  if (linesOf(form.ulimits).some((line) => !ulimitOf(line))) problems.ulimits = 'launch.badUlimit';
  if (form.gpus.trim() && deviceRequests(form.gpus).length === 0) problems.gpus = 'launch.badGpus';
  if (weights(form.blkioWeightDevices).length !== linesOf(form.blkioWeightDevices).length) problems.blkioWeightDevices = 'launch.badRate';
  for (const field of ['readBps', 'writeBps', 'readIops', 'writeIops'] as const)
    if (throttles(form[field]).length !== linesOf(form[field]).length) problems[field] = 'launch.badRate';
  return problems;
}

function isObject(written: string): boolean {
  if (!written.trim()) return true;
  try {
    const value: unknown = JSON.parse(written);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
