// What people wait for who move files of containers, native and dockerd in turns in one run: HEAD of an archive path, `docker cp` of 100 MB out and in, export,
// commit and diff of a container that has written 100 MB. Raw lists: .gantry/bench/archive.json. Words: name of the bench, rounds.
import { randomBytes } from 'node:crypto';
import { noBytes } from '@gantry/engine-api';
import { type Contender, createContainer, record, startNative, startPeer, tell, timed, type Times } from './side-by-side.ts';

const rounds = Number(process.argv[3] ?? 8);
const megabytes = 100;
const few = 5;
type Name = 'native' | 'dockerd';
const names: readonly Name[] = ['native', 'dockerd'];

/** A container that runs and has written a file of 100 MB and some small ones. */
async function prepared({ client }: Contender): Promise<string> {
  const script = `mkdir /data; dd if=/dev/urandom of=/data/large bs=1M count=${megabytes}; for i in $(seq 200); do echo $i >/data/$i; done; sleep 10000`;
  const id = await createContainer(client, { Image: 'busybox', Cmd: ['sleep', '10000'] });
  await client.call('ContainerStart', { path: { id } });
  const body = { Cmd: ['sh', '-c', script.replace('sleep 10000', 'sync')], AttachStdout: true };
  const exec = await (await client.call('ContainerExec', { path: { id }, body })).json<{ Id: string }>();
  await Array.fromAsync((await client.open('ExecStart', { path: { id: exec.Id }, body: {} })).open(noBytes));
  return id;
}

/** A tar with one file. */
function tarOf(name: string, content: Uint8Array): Uint8Array {
  const head = Buffer.alloc(512);
  const field = (text: string, at: number): void => void head.write(text, at, 'latin1');
  field(name, 0);
  field('0000644\0', 100);
  field('0000000\0', 108);
  field('0000000\0', 116);
  field(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  field('00000000000\0', 136);
  field('        0', 148);
  field('ustar\x0000', 257);
  const sum = head.reduce((total, byte) => total + byte, 0);
  field(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([head, content, Buffer.alloc(-content.length & 511), Buffer.alloc(1024)]);
}

async function drain(bytes: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of bytes) if (chunk.length === 0) break;
}

const upload = tarOf('uploaded', randomBytes(megabytes * 1024 * 1024));
const tasks: Readonly<Record<string, (contender: Contender, id: string) => Promise<unknown>>> = {
  'HEAD archive': ({ client }, id) => client.call('ContainerArchiveInfo', { path: { id }, query: { path: '/data/large' } }),
  diff: async ({ client }, id) => (await client.call('ContainerChanges', { path: { id } })).text(),
  [`get ${megabytes} MB`]: async ({ client }, id) =>
    drain((await client.call('ContainerArchive', { path: { id }, query: { path: '/data/large' } })).bytes),
  [`put ${megabytes} MB`]: ({ client }, id) => client.call('PutContainerArchive', { path: { id }, query: { path: '/tmp' }, body: upload }),
  export: async ({ client }, id) => drain((await client.call('ContainerExport', { path: { id } })).bytes),
};

async function commit({ client }: Contender, id: string): Promise<number> {
  const { ms, value } = await timed(async () =>
    (await client.call('ImageCommit', { query: { container: id }, body: {} })).json<{ Id: string }>(),
  );
  await client.call('ImageDelete', { path: { name: value.Id }, query: { force: true } });
  return ms;
}

await using native = await startNative();
await using dockerd = await startPeer();
const contenders: Readonly<Record<Name, Contender>> = { native, dockerd };
const ids = { native: await prepared(native), dockerd: await prepared(dockerd) };
const times: Times = {};
for (let round = -1; round < rounds; round++) {
  const into = round < 0 ? {} : times; // the first warms both
  for (const [name, work] of Object.entries(tasks)) {
    const isShort = name === 'HEAD archive' || name === 'diff';
    for (let turn = 0; turn < (isShort ? few : 1); turn++) {
      for (const engine of names) record(into, name, { engine, ms: (await timed(() => work(contenders[engine], ids[engine]))).ms });
    }
  }
  for (const engine of names) record(into, 'commit', { engine, ms: await commit(contenders[engine], ids[engine]) });
}
await tell('archive', times);
