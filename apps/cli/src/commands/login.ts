import { readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { askPerson } from '../ask-person.ts';
import type { Command } from '../command-line.ts';
import type { Flags } from '../config.ts';
import { type ContextKeys, DockerContexts, type GantryContext } from '../docker/docker-contexts.ts';
import { contextNames, type RemoteHost } from '../docker/context-names.ts';
import { messageOf, needsOf, RemoteServer } from '../remote/ask-server.ts';
import { makeCertificateRequest } from '../remote/certificate-request.ts';
import { endCertificates, knownAuthority } from '../remote/end-certificates.ts';
import { serverUrl } from '../remote/server-url.ts';
import { trustServer } from '../remote/trust-server.ts';
import { say } from '../say.ts';
import { Trouble } from '../trouble.ts';

interface NewCertificate {
  readonly id: string;
  readonly certificate: string;
  readonly authority: string;
  readonly enginePort: number;
  readonly expiresAt: string;
}

export const login: Command = {
  summary: 'let the docker CLI of this machine reach the hosts of a server, for twelve hours',
  words: '<server url>',
  mostWords: 1,
  flags: {
    host: { value: 'HOST', help: 'only this host, by name or id; all that you may use' },
    user: { value: 'NAME', help: 'who you are; asked for where it is not said' },
    'token-file': { value: 'FILE', help: 'an API token in place of name and password; - is standard input' },
    fingerprint: { value: 'SHA256', help: "of the server's certificate authority, as ./gantry up and your account page show it" },
    prefix: { value: 'WORD', help: 'how the names of the docker contexts begin; gantry' },
  },
  explanation:
    'Makes a key on this machine, has the server sign a certificate for it, and writes a docker context for each host (DOCKER_CONFIG, else ~/.docker):\ndocker --context gantry-<host> ps. Password and code are asked for, or read from standard input, a line each. Run it again before or after the twelve hours;\ngantry logout ends it.',
  run: async ({ flags, words: [word] }) => {
    if (word === undefined) throw new Trouble('login needs the address of the server: gantry login https://gantry.example.org:7443', 2);
    const url = serverUrl(word);
    const contexts = new DockerContexts();
    const trust = await trustServer(url, { fingerprint: textOf(flags, 'fingerprint'), ca: knownAuthority(contexts, url) });
    const server = new RemoteServer(url, trust);
    await signIn(server, flags);
    try {
      await writeContexts(server, contexts, flags);
    } finally {
      if (server.credential['cookie'] !== undefined) await server.ask('DELETE /api/session').catch(() => undefined); // it ends by itself
    }
    return 0;
  },
};

/** By a token, or by name, password and, where the person has a second factor, its code. */
async function signIn(server: RemoteServer, flags: Flags): Promise<void> {
  const file = textOf(flags, 'token-file');
  if (file !== undefined) {
    const token = file === '-' ? await askPerson('API token: ', { isSecret: true }) : readFileSync(file, 'utf8');
    server.credential = { authorization: `Bearer ${token.trim()}` };
    return;
  }
  const name = textOf(flags, 'user') ?? (await askPerson(`name at ${server.url.host}: `));
  const password = await askPerson(`password of ${name}: `, { isSecret: true });
  let answer = await server.ask('POST /api/session', { name, password });
  if (answer.status === 401 && needsOf(answer) === 'code') {
    const code = (await askPerson('code of your authenticator, or a recovery code: ')).trim();
    answer = await server.ask('POST /api/session', { name, password, code });
  }
  if (answer.status !== 201 || answer.cookie === undefined) throw new Trouble(`${server.url.host}: ${messageOf(answer)}`);
  server.credential = { cookie: answer.cookie };
}

async function writeContexts(server: RemoteServer, contexts: DockerContexts, flags: Flags): Promise<void> {
  const hosts = await chosenHosts(server, textOf(flags, 'host'));
  const names = contextNames(hosts, textOf(flags, 'prefix') ?? 'gantry');
  const before = contexts.list().filter(({ mark }) => mark.server === server.url.origin);
  for (const name of names.values()) refuseTaken(contexts, name, server.url);
  const { key, request } = makeCertificateRequest();
  const made = (await server.must('POST /api/me/certificates', { request, name: `docker of ${userInfo().username} on ${hostname()}` }))
    .body as NewCertificate;
  const written = hosts.map((host) => contextOf(server, made, { ...host, context: names.get(host.id) ?? '' }));
  const keys = { ca: made.authority, cert: made.certificate, key };
  const replaced = before.filter(({ mark }) => written.some((context) => context.mark.hostId === mark.hostId));
  const gone = flags['host'] === undefined ? before : replaced;
  const ended = gone.map((context) => ({ context, keys: keysIfThere(contexts, context.name) }));
  for (const context of written) contexts.write(context, keys);
  for (const { name } of gone) if (!written.some((context) => context.name === name)) contexts.remove(name);
  await endCertificates(contexts, ended);
  for (const { name } of written) say(`docker --context ${name} ps`);
  say(`good until ${new Date(made.expiresAt).toLocaleString()}; gantry login ${server.url.origin} renews it, gantry logout ends it`);
}

async function chosenHosts(server: RemoteServer, wanted: string | undefined): Promise<RemoteHost[]> {
  const all = (await server.must('GET /api/hosts')).body as (RemoteHost & { readonly status: string })[];
  const hosts = all.filter(({ status }) => status === 'active');
  const chosen = wanted === undefined ? hosts : hosts.filter(({ id, name }) => id === wanted || name === wanted);
  if (chosen.length > 0) return chosen;
  throw new Trouble(
    wanted === undefined ? `${server.url.host} has no host that you may use` : `${server.url.host} has no host ${wanted} that you may use`,
  );
}

function contextOf(
  { url, trust }: RemoteServer,
  made: NewCertificate,
  { id, name, context }: RemoteHost & { context: string },
): GantryContext {
  return {
    name: context,
    host: `tcp://${url.hostname}:${made.enginePort}/engine/${id}`,
    mark: {
      ...{ server: url.origin, hostId: id, hostName: name, certificate: made.id, expiresAt: made.expiresAt },
      trust: trust.ca === undefined ? 'system' : 'own',
    },
  };
}

/** A context of somebody else, or of another server, is not overwritten. */
function refuseTaken(contexts: DockerContexts, name: string, url: URL): void {
  const found = contexts.list().find((context) => context.name === name);
  if (contexts.isForeign(name) || (found && found.mark.server !== url.origin))
    throw new Trouble(
      `there is a docker context ${name} of ${found?.mark.server ?? 'yours'} already: choose other names with --prefix; nothing was changed`,
    );
}

function keysIfThere(contexts: DockerContexts, name: string): ContextKeys | undefined {
  try {
    return contexts.keys(name);
  } catch {
    return undefined; // somebody took them away: then nobody can use them
  }
}

function textOf(flags: Flags, name: string): string | undefined {
  const value = flags[name];
  return typeof value === 'string' ? value : undefined;
}
