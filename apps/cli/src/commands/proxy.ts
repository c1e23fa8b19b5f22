import { join } from 'node:path';
import type { Command } from '../command-line.ts';
import { personalRunRoot } from '../config.ts';
import { DockerContexts, type GantryContext } from '../docker/docker-contexts.ts';
import { serveProxy } from '../docker/serve-proxy.ts';
import { orderToStop } from '../parts/part.ts';
import { say } from '../say.ts';
import { Trouble } from '../trouble.ts';

export const proxy: Command = {
  summary: "a socket on this machine that leads to a host's engine, for programs that are no docker CLI",
  words: '<host>',
  mostWords: 1,
  flags: { socket: { value: 'PATH', help: 'the socket, for you alone; gantry-<host>.sock in XDG_RUNTIME_DIR or the temporary directory' } },
  explanation:
    'After gantry login. Compose, SDKs and testcontainers drop the path of a docker host and so cannot use a context of Gantry: they use this socket by\nDOCKER_HOST=unix://<socket>. A host is named as the server does, or by its docker context. Runs until Ctrl-C.',
  run: async ({ flags, words: [word] }) => {
    if (word === undefined) throw new Trouble('proxy needs the name of a host, or of its docker context', 2);
    const contexts = new DockerContexts();
    const { name } = contextNamed(contexts, word);
    const socket = typeof flags['socket'] === 'string' ? flags['socket'] : join(personalRunRoot(), `${name}.sock`);
    const ordered = orderToStop();
    await using _served = await serveProxy({ socket, context: () => current(contexts, name) });
    say(`export DOCKER_HOST=unix://${socket}`);
    await ordered;
    return 0;
  },
};

/** Read anew for each connection: another login renews it under the proxy. */
function current(contexts: DockerContexts, name: string): { context: GantryContext; keys: ReturnType<DockerContexts['keys']> } {
  const context = contexts.list().find((one) => one.name === name);
  if (!context) throw new Trouble(`this machine was signed out: gantry login makes ${name} anew`);
  if (Date.parse(context.mark.expiresAt) <= Date.now())
    throw new Trouble(
      `the certificate for ${context.mark.hostName} has ended at ${context.mark.expiresAt}: run gantry login ${context.mark.server}`,
    );
  return { context, keys: contexts.keys(name) };
}

function contextNamed(contexts: DockerContexts, word: string): GantryContext {
  const all = contexts.list();
  const found = all.filter(({ name, mark }) => name === word || mark.hostName === word || mark.hostId === word);
  const [context] = found;
  if (!context) {
    const known = all.map(({ name }) => name).join(', ');
    throw new Trouble(`this machine is not signed in to a host ${word}: ${known === '' ? 'gantry login first' : `known are ${known}`}`);
  }
  if (found.length > 1)
    throw new Trouble(`${word} is the name of several: ${found.map(({ name }) => name).join(', ')}; name one of these`, 2);
  current(contexts, context.name);
  return context;
}
