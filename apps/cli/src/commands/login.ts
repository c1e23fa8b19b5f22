import { readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { askPerson } from '../ask-person.ts';
import type { Command } from '../command-line.ts';
import type { Flags } from '../config.ts';
import { type ContextKeys, DockerContexts, type GantryContext } from '../docker/docker-contexts.ts';
import { contextNames, type RemoteHost } from '../docker/context-names.ts';
import { messageOf, needsOf, RemoteServer } from '../remote/ask-server.ts';
import { type ApprovedLogin, askForApproval, type NewCertificate } from '../remote/ask-for-approval.ts';
import { type CertificateRequest, makeCertificateRequest } from '../remote/certificate-request.ts';
import { endCertificates, knownAuthority } from '../remote/end-certificates.ts';
import { serverUrl } from '../remote/server-url.ts';
import { trustServer } from '../remote/trust-server.ts';
import { say } from '../say.ts';
import { Trouble } from '../trouble.ts';

export const login: Command = {
  summary: 'let the docker CLI of this machine reach the hosts of a server, for twelve hours',
  words: '<server url>',
  mostWords: 1,
  flags: {
    host: { value: 'HOST', help: 'only this host, by name or id; all that you may use' },
    browser: { help: 'let somebody who is signed in in a browser approve it: what happens at a terminal where nothing else is said' },
    user: { value: 'NAME', help: 'who you are: by name and password in place of the browser' },
    'token-file': { value: 'FILE', help: 'an API token in place of name and password; - is standard input' },
    fingerprint: { value: 'SHA256', help: "of the server's certificate authority, as ./gantry up and your account page show it" },
    prefix: { value: 'WORD', help: 'how the names of the docker contexts begin; gantry' },
  },
  explanation:
    'Makes a key on this machine, has the server sign a certificate for it, and writes a docker context for each host (DOCKER_CONFIG, else ~/.docker):\ndocker --context gantry-<host> ps. At a terminal it prints an address and a code, and waits until you have approved it in a browser. Without a terminal, and\nwith --user, name, password and code are read from standard input, a line each. Run it again before or after the twelve hours; gantry logout ends it.',
  run: async ({ flags, words: [word] }) => {
    if (word === undefined) throw new Trouble('login needs the address of the server: gantry login https://gantry.example.org:7443', 2);
    const url = serverUrl(word);
    const contexts = new DockerContexts();
    const trust = await trustServer(url, { fingerprint: textOf(flags, 'fingerprint'), ca: knownAuthority(contexts, url) });
    const server = new RemoteServer(url, trust);
    if (isByBrowser(flags)) {
      const made = makeCertificateRequest();
      await writeContexts(server, {
        contexts,
        flags,
        given: { ...(await askForApproval(server, made.request, machineName())), key: made.key },
      });
      return 0;
    }
    await signIn(server, flags);
    try {
      await writeContexts(server, { contexts, flags, given: undefined });
    } finally {
      if (server.credential['cookie'] !== undefined) await server.ask('DELETE /api/session').catch(() => undefined); // it ends by itself
    }
    return 0;
  },
};

/** Where a person sits at a terminal and says nothing of who they are, as scripts do. */
function isByBrowser(flags: Flags): boolean {
  const isSaid = flags['user'] !== undefined || flags['token-file'] !== undefined;
  if (flags['browser'] === true && isSaid) throw new Trouble('login goes by --browser, or by --user or --token-file: say one of them', 2);
  return flags['browser'] === true || (process.stdin.isTTY && !isSaid);
}

function machineName(): string {
  return `docker of ${userInfo().username} on ${hostname()}`.slice(0, 64);
}

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

interface Writing {
  readonly contexts: DockerContexts;
  readonly flags: Flags;
  /** What a browser has given already. */
  readonly given: (ApprovedLogin & Pick<CertificateRequest, 'key'>) | undefined;
}

async function writeContexts(server: RemoteServer, { contexts, flags, given }: Writing): Promise<void> {
  const all = given?.hosts ?? ((await server.must('GET /api/hosts')).body as ListedHost[]);
  const hosts = chosenHosts(server, all, textOf(flags, 'host'));
  const names = contextNames(hosts, textOf(flags, 'prefix') ?? 'gantry');
  const before = contexts.list().filter(({ mark }) => mark.server === server.url.origin);
  for (const name of names.values()) refuseTaken(contexts, name, server.url);
  const { key, certificate: made } = given ?? (await makeCertificate(server));
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

async function makeCertificate(server: RemoteServer): Promise<{ key: string; certificate: NewCertificate }> {
  const { key, request } = makeCertificateRequest();
  const { body } = await server.must('POST /api/me/certificates', { request, name: machineName() });
  return { key, certificate: body as NewCertificate };
}

type ListedHost = RemoteHost & { readonly status: string };

function chosenHosts(server: RemoteServer, all: readonly ListedHost[], wanted: string | undefined): RemoteHost[] {
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
