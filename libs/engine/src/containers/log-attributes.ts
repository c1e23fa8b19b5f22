import type { ContainerRecord } from './container.ts';

/**
 * What `docker logs --details` puts before each line: labels and variables that the log's options choose (`labels`, `labels-regex`, `env`,
 * `env-regex`) and its `tag`, by name, as dockerd's json-file driver writes them.
 */
export function logDetails(record: ContainerRecord): string {
  const { Config: options } = record.hostConfig.LogConfig;
  const chosen = new Map([
    ...picked(Object.entries(record.config.Labels), { names: options['labels'], pattern: options['labels-regex'] }),
    ...picked(variables(record.config.Env), { names: options['env'], pattern: options['env-regex'] }),
    ...(options['tag'] ? [['tag', tagOf(record, options['tag'])] as const] : []),
  ]);
  const sorted = [...chosen].sort(([one], [other]) => (one < other ? -1 : 1));
  return sorted
    .map(([name, value]) => `${escaped(name)}=${escaped(value)}`)
    .join(',')
    .slice(0, longestDetails);
}

/** Labels may hold whole documents; each line has its copy. */
const longestDetails = 8192;

type Pair = readonly [name: string, value: string];

function picked(pairs: readonly Pair[], { names = '', pattern = '' }: { names: string | undefined; pattern: string | undefined }): Pair[] {
  const wanted = new Set(names.split(',').filter((name) => name !== ''));
  const matches = expression(pattern);
  return pairs.filter(([name]) => wanted.has(name) || matches?.test(name) === true);
}

/** What is no regular expression here matches nothing. */
function expression(pattern: string): RegExp | undefined {
  try {
    return pattern === '' ? undefined : new RegExp(pattern);
  } catch {
    return undefined;
  }
}

function variables(env: readonly string[]): Pair[] {
  return env.map((variable) => {
    const at = variable.indexOf('=');
    return at < 0 ? [variable, ''] : [variable.slice(0, at), variable.slice(at + 1)];
  });
}

/** The words of Docker's log tags (`{{.Name}}/{{.ID}}`). */
function tagOf({ id, name, image, config }: ContainerRecord, template: string): string {
  const words: Readonly<Record<string, string>> = {
    ...{ ID: id.slice(0, 12), FullID: id, Name: name, ImageName: config.Image, DaemonName: 'docker' },
    ...{ ImageID: image.id.slice(0, 12), ImageFullID: image.id },
  };
  return template.replaceAll(/\{\{\s*\.(\w+)\s*\}\}/g, (text, word: string) => words[word] ?? text);
}

/** As Go escapes parts of a query. */
const escaped = (text: string): string =>
  encodeURIComponent(text)
    .replaceAll('%20', '+')
    .replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
