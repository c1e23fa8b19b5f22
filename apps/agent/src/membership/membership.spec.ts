import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { closedAfterEach, eventually, temporaryDirectory } from '@gantry/base/testing';
import { facts, LinkServer } from '@gantry/link/testing';
import { joinServer } from './join-server.ts';
import { membershipPath, readMembership } from './membership-file.ts';

const opened = closedAfterEach();
const limit = AbortSignal.timeout(60_000);
const directory = async (): Promise<string> => opened.use(await temporaryDirectory()).path;
const start = async (): Promise<LinkServer> => opened.use(await LinkServer.start());

test('a host waits for its code, joins once, and stays with its server', async () => {
  const [server, dataRoot] = [await start(), await directory()];
  const codeFile = join(dataRoot, 'code');
  const told: string[] = [];
  const request = { dataRoot, serverUrl: server.url, codeFile, facts, onWaiting: (what: string) => told.push(what) };

  const joining = joinServer(request, limit);
  await eventually(() => expect(told).toHaveLength(1));
  await writeFile(codeFile, `${server.makeCode().text}\n`);
  const membership = await joining;

  expect(told).toEqual([`for a join code in ${codeFile}`]);
  expect(await joinServer({ ...request, codeFile: undefined }, limit)).toEqual(membership);
  expect(server.agents.size).toBe(1);
  expect(await readFile(membershipPath(dataRoot), 'utf8')).not.toContain(server.makeCode().secret);
});

test('a server that moved is followed to its new address', async () => {
  const [server, dataRoot] = [await start(), await directory()];
  const codeFile = join(dataRoot, 'code');
  await writeFile(codeFile, server.makeCode().text);
  const request = { dataRoot, serverUrl: server.url, codeFile, facts };
  await joinServer(request, limit);

  await joinServer({ ...request, serverUrl: 'http://127.0.0.1:1', codeFile: undefined }, limit);

  expect(await readMembership(dataRoot)).toMatchObject({ url: 'http://127.0.0.1:1' });
});

test('a code of another server is followed to that server', async () => {
  const [first, second, dataRoot] = [await start(), await start(), await directory()];
  const codeFile = join(dataRoot, 'code');
  await writeFile(codeFile, first.makeCode().text);
  await joinServer({ dataRoot, serverUrl: first.url, codeFile, facts }, limit);

  await writeFile(codeFile, second.makeCode().text);
  const membership = await joinServer({ dataRoot, serverUrl: second.url, codeFile, facts }, limit);

  expect(membership.serverFingerprint).toBe(second.identity.fingerprint);
});

test('a host that has not joined is told how to', async () => {
  const dataRoot = await directory();

  await expect(joinServer({ dataRoot, serverUrl: undefined, codeFile: undefined, facts }, limit)).rejects.toThrow(/gantry join --url/);
});

test('a membership file that was damaged is named', async () => {
  const dataRoot = await directory();
  await mkdir(dirname(membershipPath(dataRoot)), { recursive: true });
  await writeFile(membershipPath(dataRoot), '{}');

  await expect(readMembership(dataRoot)).rejects.toThrow(membershipPath(dataRoot));
});
