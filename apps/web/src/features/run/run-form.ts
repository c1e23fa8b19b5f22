import type { MessageKey } from '../../i18n/i18n.ts';
import { parseBytes } from '../../format/quantities.ts';
import type { restartPolicies } from './restart-policies.ts';

export interface PortForm {
  readonly host: string;
  readonly container: string;
  readonly protocol: 'tcp' | 'udp';
}

export interface PairForm {
  readonly name: string;
  readonly value: string;
}

/** What the person has filled in, as written. Empty rows of lists count as nothing. */
export interface RunForm {
  readonly image: string;
  readonly name: string;
  readonly command: string;
  readonly ports: readonly PortForm[];
  readonly environment: readonly PairForm[];
  /** `name` is a volume or a path of the host, `value` the path inside. */
  readonly mounts: readonly PairForm[];
  readonly restart: (typeof restartPolicies)[number];
  readonly memory: string;
  readonly cpus: string;
  readonly hasTerminal: boolean;
}

export const emptyForm: RunForm = {
  image: '',
  name: '',
  command: '',
  ports: [],
  environment: [],
  mounts: [],
  restart: 'unless-stopped',
  memory: '',
  cpus: '',
  hasTerminal: false,
};

type Problem = Partial<Record<keyof RunForm, MessageKey>>;

const namePattern = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;
const portPattern = /^(?:[0-9.]+:|\[[0-9a-f:]+\]:)?(\d{1,5})?$/i;

/** What cannot be run as written, by field; the engine has the last word. */
export function problemsOf(form: RunForm): Problem {
  const problems: Problem = {};
  if (!form.image.trim() || /\s/.test(form.image.trim())) problems.image = 'run.needsImage';
  if (form.name && !namePattern.test(form.name)) problems.name = 'run.badName';
  if (form.memory && (parseBytes(form.memory) ?? 0) < 6 * 1024 ** 2) problems.memory = 'run.badMemory';
  if (form.cpus && !(Number(form.cpus) > 0)) problems.cpus = 'run.badCpus';
  if (filledPorts(form).some(({ host, container }) => !portPattern.test(host) || !isPort(container))) problems.ports = 'run.badPort';
  if (filledPairs(form.environment).some(({ name }) => !name || name.includes('='))) problems.environment = 'run.badVariable';
  if (filledPairs(form.mounts).some(({ value }) => !value.startsWith('/'))) problems.mounts = 'run.badMount';
  if (splitCommand(form.command) === undefined) problems.command = 'run.badCommand';
  return problems;
}

function isPort(written: string): boolean {
  return /^\d{1,5}$/.test(written) && Number(written) > 0 && Number(written) < 65_536;
}

export function filledPorts({ ports }: RunForm): readonly PortForm[] {
  return ports.filter(({ host, container }) => host.trim() || container.trim());
}

export function filledPairs(pairs: readonly PairForm[]): readonly PairForm[] {
  return pairs.filter(({ name, value }) => name.trim() || value.trim());
}

/** Splits as a shell would: blanks, both quotes, backslash; nothing is expanded. Undefined where a quote is left open. */
export function splitCommand(written: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < written.length; at++) {
    const char = written.charAt(at);
    if (char === '\\' && quote !== "'") word = (word ?? '') + written.charAt(++at);
    else if (quote) {
      if (char === quote) quote = '';
      else word = (word ?? '') + char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + char;
  }
  if (word !== undefined) words.push(word);
  return quote ? undefined : words;
}
