import { type CallInput, type Engine, engineClient, type RouteName } from '@gantry/engine-api/client';
import { engineVersion } from './engine.ts';

/** Lets the browser save what a row answers, as it comes: nothing is kept in the page. A refusal is shown by the browser's own list of downloads. */
export async function download<N extends RouteName>(host: string, route: N, file: CallInput<N> & { readonly name: string }): Promise<void> {
  const { name, ...input } = file;
  const link = document.createElement('a');
  link.href = await addressOf(host, route, input as CallInput<N>);
  link.download = name;
  link.click();
}

/** Saves a text that the page holds. */
export function downloadText(name: string, parts: readonly string[], type = 'text/plain'): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([...parts], { type }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

/** The client writes the address; this engine takes it down and asks nobody. */
async function addressOf<N extends RouteName>(host: string, route: N, input: CallInput<N>): Promise<string> {
  let address = '';
  const takeDown: Engine = ({ target }) => {
    address = target;
    return Promise.resolve({ kind: 'plain', status: 204, headers: new Map(), body: new Uint8Array() });
  };
  await engineClient(takeDown, { version: engineVersion, prefix: `/engine/${encodeURIComponent(host)}` }).call(route, input);
  return address;
}
