import { readdirSync, readFileSync } from 'node:fs';
import { password, type Person } from './person.ts';

/** Secrets by what they are. */
export type Secrets = Readonly<Record<string, string>>;

/** Hands every kind of secret over in each way there is, as somebody who is signed in and has one host; what is refused is handed over too. */
export async function plantSecrets(person: Person): Promise<Secrets> {
  const [host] = await person.hosts();
  const engine = `/engine/${host?.id ?? ''}`;
  const made = async (line: string, body: unknown): Promise<Record<string, unknown>> => {
    const answer = await person.ask(line, body);
    if (answer.status !== 201) throw new Error(`${line} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body as Record<string, unknown>;
  };
  const { token } = await made('POST /api/me/tokens', { name: 'ci', permissions: ['container:list'], expiresInDays: 1 });
  const { link } = (await made('POST /api/users', { name: 'later' })) as { link?: { path?: string } };
  const { code: joinCode } = await person.joinCode();
  const { secret: totp } = (await person.ask('POST /api/me/totp')).body as { secret?: string };
  const chosen = {
    'a wrong password': 'planted-wrong-password-7731',
    'the new password': 'planted-new-password-7732',
    'a variable of a container': 'planted-variable-7733',
    'a variable of a command': 'planted-command-variable-7734',
    'credentials of a registry': 'planted-registry-7735',
    'a secret in an address that nobody serves': 'planted-address-7736',
    'a body that is refused': 'planted-body-7737',
  };
  await person.ask('POST /api/session', { name: 'ada', password: chosen['a wrong password'] });
  await person.ask('PUT /api/me/password', { current: chosen['a wrong password'], next: chosen['the new password'] });
  await person.ask(`GET /api/nothing?token=${chosen['a secret in an address that nobody serves']}`);
  await person.ask(`GET ${engine}/containers/json?token=${chosen['a secret in an address that nobody serves']}`);
  await person.ask('POST /api/me/tokens', { nonsense: chosen['a body that is refused'] });
  await person.ask(`POST ${engine}/containers/create`, { Image: 'missing', Env: [`A=${chosen['a variable of a container']}`] });
  await person.ask(`POST ${engine}/containers/none/exec`, { Cmd: ['id'], Env: [`A=${chosen['a variable of a command']}`] });
  const registry = { username: 'u', password: chosen['credentials of a registry'], serveraddress: '127.0.0.1:9' };
  await person.ask(`POST ${engine}/auth`, registry);
  return {
    ...chosen,
    'the password': password,
    'an API token': String(token),
    'the token of a link': link?.path?.split('#')[1] ?? '',
    'the secret of a second factor': String(totp),
    'a join code': joinCode,
  };
}

/** Words of command lines and of environments of a process and of all that it started. */
export function wordsOfProcesses(pid: number): string {
  const read = (path: string): string => {
    try {
      return readFileSync(path, 'latin1');
    } catch {
      return ''; // it has ended meanwhile
    }
  };
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    read(`/proc/${pid}/task/${task}/children`).split(' ').filter(Boolean),
  );
  return [read(`/proc/${pid}/cmdline`), read(`/proc/${pid}/environ`), ...children.map((child) => wordsOfProcesses(Number(child)))].join(
    '\n',
  );
}

/** What those of the secrets are that stand in the text; as they are, or as an address or base64 would hold them. */
export function foundIn(text: string, secrets: Secrets): string[] {
  const forms = (secret: string): string[] => [
    secret,
    encodeURIComponent(secret),
    Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  ];
  return Object.entries(secrets).flatMap(([what, secret]) => (forms(secret).some((form) => text.includes(form)) ? [what] : []));
}
