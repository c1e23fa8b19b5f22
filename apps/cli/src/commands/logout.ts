import type { Command } from '../command-line.ts';
import { DockerContexts } from '../docker/docker-contexts.ts';
import { endCertificates } from '../remote/end-certificates.ts';
import { serverUrl } from '../remote/server-url.ts';
import { say } from '../say.ts';
import { Trouble } from '../trouble.ts';

export const logout: Command = {
  summary: 'take away the docker contexts that login wrote, and revoke their certificate',
  words: '[server url]',
  mostWords: 1,
  flags: {},
  explanation:
    'Without an address the one server that this machine is signed in to. Ends with 1 where the server could not be told; the files are gone then too.',
  run: async ({ words: [word] }) => {
    const contexts = new DockerContexts();
    const server = word === undefined ? theOnlyServer(contexts) : serverUrl(word).origin;
    const gone = contexts.list().filter(({ mark }) => mark.server === server);
    if (gone.length === 0) throw new Trouble(`this machine is not signed in to ${server ?? 'any server'}`);
    const ended = gone.map((context) => ({ context, keys: contexts.keysIfThere(context.name) }));
    for (const { name } of gone) contexts.remove(name);
    const isDone = await endCertificates(contexts, ended);
    say(`signed out of ${server ?? ''}: ${gone.map(({ name }) => name).join(', ')} ${gone.length === 1 ? 'is' : 'are'} gone`);
    return isDone ? 0 : 1;
  },
};

function theOnlyServer(contexts: DockerContexts): string | undefined {
  const servers = [...new Set(contexts.list().map(({ mark }) => mark.server))];
  if (servers.length > 1) throw new Trouble(`this machine is signed in to ${servers.join(', ')}: say which one to leave`, 2);
  return servers[0];
}
