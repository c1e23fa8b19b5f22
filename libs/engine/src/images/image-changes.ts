import { posix } from 'node:path';
import { Failure } from '@gantry/base';
import type { ContainerConfig } from '../containers/container-config.ts';
import { expandedWord, splitWords } from './dockerfile-words.ts';
import { healthcheckOf } from './healthcheck-change.ts';

/** What an image says about its containers, as Docker writes it down. */
export type RunConfig = {
  -readonly [Name in keyof Omit<ContainerConfig, 'OnBuild'>]?: ContainerConfig[Name] | null | undefined;
} & { OnBuild?: readonly string[] | null | undefined };

type Change = (config: RunConfig, rest: string) => void;

/**
 * Changes a configuration by lines of a Dockerfile, those that `docker commit --change` and `docker import --change` know. Variables of the configuration are
 * put in. Fails with `invalid` in dockerd's words.
 */
export function changedConfig(config: RunConfig, changes: readonly string[]): RunConfig {
  const changed: RunConfig = { ...config };
  const lines = linesOf(changes.join('\n'));
  if (changes.length > 0 && lines.length === 0) throw new Failure('invalid', 'file with no instructions');
  for (const line of lines) {
    const [, name = '', rest = ''] = /^(\S+)\s*(.*)$/s.exec(line) ?? [];
    const word = name.toLowerCase();
    const change = Object.hasOwn(known, word) ? known[word] : undefined;
    if (change === undefined) throw new Failure('invalid', `${word} is not a valid change command`);
    change(changed, rest.trim());
  }
  return changed;
}

const known: Readonly<Record<string, Change>> = {
  cmd: (config, rest) => {
    config.Cmd = commandOf(config, rest);
  },
  // A command for another entrypoint makes no sense with this one.
  entrypoint: (config, rest) => {
    config.Entrypoint = rest === '' ? null : commandOf(config, rest);
    if (rest !== '') config.Cmd = null;
  },
  env: (config, rest) => {
    const before = [...(config.Env ?? [])];
    for (const [name, value] of pairsOf('ENV', rest, before)) {
      const at = before.findIndex((entry) => entry.split('=', 1)[0] === name);
      if (at < 0) before.push(`${name}=${value}`);
      else before[at] = `${name}=${value}`;
    }
    config.Env = before;
  },
  label: (config, rest) => {
    config.Labels = { ...config.Labels, ...Object.fromEntries(pairsOf('LABEL', rest, config.Env ?? [])) };
  },
  expose: (config, rest) => {
    const ports = splitWords(rest)
      .flatMap((word) => expandedWord(word, config.Env ?? []).split(/\s+/))
      .flatMap(portsOf);
    if (ports.length === 0) throw new Failure('invalid', 'EXPOSE requires at least one argument');
    config.ExposedPorts = { ...config.ExposedPorts, ...Object.fromEntries(ports.map((port) => [port, {}])) };
  },
  volume: (config, rest) => {
    const paths = (jsonList(rest) ?? rest.split(/\s+/)).map((path) => expandedWord(path, config.Env ?? []).trim());
    if (rest === '') throw new Failure('invalid', 'VOLUME requires at least one argument');
    if (paths.includes('')) throw new Failure('invalid', 'VOLUME specified can not be an empty string');
    config.Volumes = { ...config.Volumes, ...Object.fromEntries(paths.map((path) => [path, {}])) };
  },
  user: (config, rest) => {
    config.User = oneWord('USER', rest, config);
  },
  workdir: (config, rest) => {
    const path = oneWord('WORKDIR', rest, config);
    config.WorkingDir = posix.resolve('/', config.WorkingDir ?? '', path);
  },
  onbuild: (config, rest) => {
    if (rest === '') throw new Failure('invalid', 'ONBUILD requires at least one argument');
    const trigger = /^\S+/.exec(rest)?.[0].toUpperCase() ?? '';
    if (trigger === 'ONBUILD') throw new Failure('invalid', "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
    if (trigger === 'FROM' || trigger === 'MAINTAINER') throw new Failure('invalid', `${trigger} isn't allowed as an ONBUILD trigger`);
    config.OnBuild = [...(config.OnBuild ?? []), rest];
  },
  healthcheck: (config, rest) => {
    config.Healthcheck = healthcheckOf(rest, jsonList);
  },
};

/** Lines that are no comment; `\` at an end goes on with the next one. */
function linesOf(text: string): string[] {
  const lines = text.split('\n').filter((line) => !/^\s*#/.test(line));
  return lines
    .join('\n')
    .replace(/\\[ \t]*\n/g, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function commandOf({ Shell }: RunConfig, rest: string): string[] {
  const list = jsonList(rest);
  if (list !== undefined) return list;
  return [...(Shell ?? ['/bin/sh', '-c']), ...(rest === '' ? [] : [rest])];
}

function jsonList(text: string): string[] | undefined {
  if (!text.startsWith('[')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined;
  } catch {
    return undefined;
  }
}

/** `a=b "c d"=e`, or the old form `name value with blanks`. */
function pairsOf(command: string, rest: string, env: readonly string[]): [string, string][] {
  const words = splitWords(rest);
  const expanded = (word: string): string => expandedWord(word, env);
  if (words.length === 0) throw new Failure('invalid', `${command} requires at least one argument`);
  if (!(words[0] ?? '').includes('=')) {
    const [, name = '', value] = /^(\S+)\s+(.*)$/s.exec(rest) ?? [];
    if (value === undefined) throw new Failure('invalid', `${command} must have two arguments`);
    return [[expanded(name), expanded(value)]];
  }
  return words.map((word) => {
    const equals = word.indexOf('=');
    if (equals < 0) {
      throw new Failure('invalid', `Syntax error - can't find = in ${JSON.stringify(word)}. Must be of the form: name=value`);
    }
    const name = expanded(word.slice(0, equals));
    if (name === '') throw new Failure('invalid', `${command} names can not be blank`);
    return [name, expanded(word.slice(equals + 1))];
  });
}

function oneWord(command: string, rest: string, config: RunConfig): string {
  if (rest === '') throw new Failure('invalid', `${command} requires exactly one argument`);
  return expandedWord(rest, config.Env ?? []);
}

const largestPort = 65_535;

/** `80`, `80/udp`, `1000-1002`, and the part behind the last colon of `8080:80`. */
function portsOf(text: string): string[] {
  const [range = '', protocol = 'tcp'] = text.slice(text.lastIndexOf(':') + 1).split('/');
  const [, first = '', last = first] = /^(\d+)(?:-(\d+))?$/.exec(range) ?? [];
  const [from, to] = [Number(first), Number(last)];
  if (first === '' || to < from || to > largestPort) throw new Failure('invalid', `Invalid containerPort: ${range}`);
  if (!['tcp', 'udp', 'sctp'].includes(protocol.toLowerCase())) throw new Failure('invalid', `Invalid proto: ${protocol}`);
  return Array.from({ length: to - from + 1 }, (_, at) => `${from + at}/${protocol.toLowerCase()}`);
}
