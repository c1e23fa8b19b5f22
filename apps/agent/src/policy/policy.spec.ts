import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { hostile, scriptedEngine } from '../testing/scripted-engine.ts';
import { policedEngine } from './policed-engine.ts';
import { everything, policyPath, readPolicy } from './policy.ts';
import { PolicyFile } from './policy-file.ts';

const opened = closedAfterEach();

async function policyFile(content: string): Promise<string> {
  const { path } = opened.use(await temporaryDirectory());
  await mkdir(dirname(policyPath(path)), { recursive: true });
  await writeFile(policyPath(path), content);
  return path;
}

test('without a file everything is allowed; a file takes away what it names', async () => {
  expect(await readPolicy(opened.use(await temporaryDirectory()).path)).toEqual(everything);
  expect(await readPolicy(await policyFile('{"exec": false, "hostPaths": ["/srv"], "capabilities": ["NET_ADMIN"]}'))).toEqual({
    ...everything,
    exec: false,
    hostPaths: ['/srv'],
    capabilities: ['NET_ADMIN'],
  });
});

test.each([
  ['{"exce": false}', 'unknown key exce'],
  ['{"exec": "no"}', 'exec: '],
  ['{"hostPaths": "/srv"}', 'hostPaths: expected true, false or a list'],
  ['{"hostPaths": ["srv"]}', 'hostPaths.0: expected a path from the root'],
  ['{"hostPaths": ["/srv/../etc"]}', 'hostPaths.0: expected a path from the root'],
  ['{"hostPaths": ["/srv/"]}', 'hostPaths.0: expected a path from the root'],
  ['{"capabilities": ["net-admin"]}', 'capabilities.0: expected the name of a capability'],
  ['[]', ''],
  ['{', 'is not JSON'],
])('a wrong file allows nothing and names what is wrong: %s', async (content, why) => {
  const root = await policyFile(content);

  await expect(readPolicy(root)).rejects.toMatchObject({ code: 'invalid', message: expect.stringContaining(policyPath(root)) as string });
  await expect(readPolicy(root)).rejects.toThrow(why);
});

test('a change of the file counts from the next request on; while it is wrong nothing is allowed', async () => {
  const root = await policyFile('{}');
  const { engine, effects } = scriptedEngine();
  const policed = policedEngine(engine, await PolicyFile.open(root));
  const start = async (): Promise<unknown> => {
    const answer = await policed(hostile('POST /containers/c1/start'));
    return answer.kind === 'plain' ? [answer.status, Buffer.from(answer.body as Uint8Array).toString()] : answer.kind;
  };

  expect(await start()).toEqual([200, '{}\n']);
  await writeFile(`${policyPath(root)}.new`, '{"changes": false}');
  await rename(`${policyPath(root)}.new`, policyPath(root));
  expect(await start()).toEqual([403, expect.stringContaining('changes is false')]);
  await writeFile(policyPath(root), '{"chnages": true}');
  expect(await start()).toEqual([403, expect.stringContaining('unknown key chnages')]);
  expect(await start()).toEqual([403, expect.stringContaining('unknown key chnages')]);
  await rm(policyPath(root));
  expect(await start()).toEqual([200, '{}\n']);
  expect(effects).toHaveLength(2);
});
