import type { PartEvent } from './part.ts';

/** What a person reads when the server has come up. */
export function greeting(listening: PartEvent, ...ending: readonly string[]): string {
  const { urls, enginePort, setupCode, fingerprint, dataRoot } = listening;
  const addresses = Array.isArray(urls) ? urls.filter((url) => typeof url === 'string') : [];
  const isNew = typeof setupCode === 'string';
  const shown = addresses.map((url) => `    ${url}${isNew ? `/setup#code=${setupCode}` : '/'}`);
  return [
    '',
    isNew ? '  Gantry is up. Make its owner at one of:' : '  Gantry is up:',
    ...shown,
    '',
    ...(typeof fingerprint === 'string' ? [`  certificate authority (SHA-256): ${fingerprint}`] : []),
    ...(typeof enginePort === 'number' ? [`  docker CLI of others, by gantry login: port ${enginePort}`] : []),
    ...(typeof dataRoot === 'string' ? [`  data: ${dataRoot}`] : []),
    ...ending.map((line) => `  ${line}`),
    '',
  ].join('\n');
}

/** One line for a person, or nothing where the event is of no interest at a terminal. */
export function wordsOf(part: string, event: PartEvent): string | undefined {
  const text = (key: string): string => (typeof event[key] === 'string' ? event[key] : '');
  switch (event.event) {
    case 'text':
      return `${part}: ${text('line')}`;
    case 'failed':
      return undefined; // The part has said so on its standard error.
    case 'engine-open':
      return `${part}: runs containers with ${text('kind') === 'native' ? "Gantry's own engine" : `${text('kind')} ${text('version')}`}, socket ${text('socket')}`;
    case 'connected':
      return `${part}: connected to ${text('url')}${text('state') === 'pending' ? ' and waits for approval' : ''}`;
    case 'link-down':
      return `${part}: ${text('reason')}`;
    case 'engine':
      return event['state'] === 'away' ? `${part}: the engine does not answer: ${text('reason')}` : undefined;
    case 'warning':
      return `${part}: ${text('message')}`;
    default:
      return undefined;
  }
}
