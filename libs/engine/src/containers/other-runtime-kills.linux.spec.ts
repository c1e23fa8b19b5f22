import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { peerPath } from '@gantry/engine-api/testing';
import { createIn, inspectIn, shell, waitIn } from '../testing/container-client.ts';
import { busyboxImage, dockerArchive } from '../testing/image-archives.ts';
import { killableRoot, startKillable } from '../testing/killable-engine.ts';
import { nothingLeft } from '../testing/nothing-left.ts';
import { removeAll } from '../testing/open-test-engine.ts';

const opened = closedAfterEach();

test('the process of a container in another runtime that was written down to run and had not begun is begun by the next engine', async () => {
  const { path } = opened.use(await temporaryDirectory());
  const root = await killableRoot(path, { pool: '10.229.0.0/16' });
  const runc = join(peerPath('runc').split(':')[0] ?? '', 'runc');
  const config = { 'default-address-pools': [{ base: '10.229.0.0/16', size: 24 }], runtimes: { other: { path: runc } } };
  await writeFile(join(path, 'engine.json'), JSON.stringify(config));
  let engine = await startKillable(root);
  opened.defer(() => nothingLeft(root));
  opened.defer(() => engine?.kill('SIGTERM'));
  opened.defer(() => engine && removeAll(engine.client));
  const archive = await dockerArchive([{ image: await busyboxImage({ Env: ['PATH=/bin'] }), tags: ['busybox:latest'] }]);
  await (await engine?.client.call('ImageLoad', { body: archive }))?.text();

  for (const point of ['start.process:before', 'start.process:after']) {
    if (!engine) throw new Error('the engine did not start');
    const id = await createIn(
      engine.client,
      shell('while [ ! -e /go ]; do sleep 0.05; done; exit 5', { HostConfig: { Runtime: 'other' } }),
    );
    await engine.killAt(point);
    await engine.client.call('ContainerStart', { path: { id } }).catch(() => undefined);
    expect(await engine.ended).toBe('SIGKILL');
    engine = await startKillable(root);
    if (!engine) throw new Error('the next engine did not start');
    const { Status, Pid } = (await inspectIn(engine.client, id)).State;
    expect([point, Status]).toEqual([point, 'running']);
    await writeFile(`/proc/${Pid}/root/go`, '');
    expect([point, await waitIn(engine.client, id)]).toEqual([point, 5]);
  }
});
