import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { type Engine, type EngineRequest, json } from '@gantry/engine-api';
import { limitedEngine } from './limited-engine.ts';
import { everything, type Policy, policyPath, readPolicy } from './policy.ts';

const opened = closedAfterEach();
const echo: Engine = async ({ body }) => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return json(200, Buffer.concat(chunks).toString());
};

async function ask(
  change: Partial<Policy>,
  method: EngineRequest['method'],
  [target, body = '']: readonly [string, string?],
): Promise<number> {
  const caller = { kind: 'gantry', part: 'test' } as const;
  const bytes = (async function* () {
    yield await Promise.resolve(Buffer.from(body));
  })();
  const request = { method, target, headers: new Map(), upgrade: 'none', body: bytes, caller, signal: AbortSignal.timeout(5000) } as const;
  const response = await limitedEngine(echo, { ...everything, ...change })(request);
  if (response.kind !== 'plain') throw new Error('not plain');
  if (response.status === 200) expect(JSON.parse(Buffer.from(response.body as Uint8Array).toString())).toBe(body);
  return response.status;
}

async function policyFile(content: string): Promise<string> {
  const { path } = opened.use(await temporaryDirectory());
  await mkdir(dirname(policyPath(path)), { recursive: true });
  await writeFile(policyPath(path), content);
  return path;
}

test('without a file everything is allowed; a file takes away what it names', async () => {
  expect(await readPolicy(opened.use(await temporaryDirectory()).path)).toEqual(everything);
  expect(await readPolicy(await policyFile('{"exec": false}'))).toEqual({ ...everything, exec: false });
});

test.each(['{"exce": false}', '{"exec": "no"}', '{'])('a wrong file allows nothing and is named: %s', async (content) => {
  const root = await policyFile(content);

  await expect(readPolicy(root)).rejects.toThrow(policyPath(root));
});

test('each setting forbids what it is for, and nothing else', async () => {
  const exec = ['/v1.51/containers/c1/exec', '{}'] as const;
  expect(await ask({ exec: false }, 'POST', exec)).toBe(403);
  expect(await ask({ exec: false }, 'POST', ['/v1.51/containers/c1/start'])).toBe(200);
  expect(await ask({ fileWrites: false }, 'PUT', ['/containers/c1/archive?path=/'])).toBe(403);
  expect(await ask({ changes: false }, 'POST', ['/containers/c1/start'])).toBe(403);
  expect(await ask({ changes: false }, 'GET', ['/containers/json'])).toBe(200);
  expect(await ask({ exec: false }, 'GET', ['/no/such/route'])).toBe(403);
  expect(await ask({}, 'POST', exec)).toBe(200);
});

test.each([
  '{"HostConfig":{"Privileged":true}}',
  '{"hostconfig":{"privileged":true}}',
  '{"HostConfig":{"Binds":["/:/host"]}}',
  '{"HostConfig":{"Mounts":[{"Type":"bind","Source":"/","Target":"/host"}]}}',
  '{"HostConfig":{"Mounts":[{"Type":"volume","Source":"v","Target":"/v","VolumeOptions":{"DriverConfig":{"Options":{"device":"/"}}}}]}}',
  '{"HostConfig":{"NetworkMode":"host"}}',
  '{"HostConfig":{"PidMode":"host"}}',
  '{"HostConfig":{"CapAdd":["SYS_ADMIN"]}}',
  '{"HostConfig":{"SecurityOpt":["seccomp=unconfined"]}}',
  '{"HostConfig":{"Devices":[{"PathOnHost":"/dev/sda"}]}}',
  '{"HostConfig":{"FieldOfTomorrow":1}}',
  '{"HostConfig":',
])('a container with more than the default rights is elevated: %s', async (body) => {
  expect(await ask({ elevatedContainers: false }, 'POST', ['/containers/create', body])).toBe(403);
});

test.each([
  '{"Image":"busybox"}',
  '{"HostConfig":{"Memory":1024,"Privileged":false,"Binds":["data:/data"],"NetworkMode":"bridge","PortBindings":{"80/tcp":[{"HostPort":"8080"}]}}}',
  '{"HostConfig":{"Mounts":[{"Type":"tmpfs","Target":"/t"}],"CapAdd":null,"IpcMode":""}}',
])('an ordinary container is not: %s', async (body) => {
  expect(await ask({ elevatedContainers: false }, 'POST', ['/containers/create', body])).toBe(200);
});
