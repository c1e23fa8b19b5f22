import { inspectIn } from './container-client.ts';
import { expectSame, expectThawed, imageCheck, removeContainer, runReady } from './crash-checks.ts';
import { type CrashOperations, endless } from './crash-operation.ts';
import { dockerArchive } from './image-archives.ts';

/** Images that come, are made and go. */
export const crashImages: CrashOperations = {
  load: {
    steps: ['load.spool', 'layer.unpack', 'layer.record', 'layer.show', 'blob.show', 'image.record', 'name.record'],
    async begin(world) {
      const [name, image] = [world.name('loaded'), await world.image()];
      const archive = await dockerArchive([{ image, tags: [name] }]);
      const load = (): Promise<void> => world.load(archive);
      return { act: load, check: () => imageCheck(world, { name, id: image.id, again: load }) };
    },
  },
  pull: {
    steps: ['pull.download', 'layer.show', 'image.record', 'name.record'],
    async begin(world) {
      const [repository, image] = [world.name('pulled'), await world.image()];
      world.registry.add(repository, 'v1', { image });
      const fromImage = `${world.registry.host}/${repository}`;
      const pull = async (): Promise<unknown> => (await world.client.call('ImageCreate', { query: { fromImage, tag: 'v1' } })).text();
      return { act: pull, check: () => imageCheck(world, { name: `${fromImage}:v1`, id: image.id, again: pull }) };
    },
  },
  commit: {
    steps: ['pause.freeze', 'pause.record', 'commit.pack', 'image.record', 'thaw.unfreeze', 'thaw.record'],
    async begin(world) {
      const [repo, container] = [world.name('committed'), await runReady(world, { script: `: >/${world.name('file')}; ${endless}` })];
      const before = await inspectIn(world.client, container);
      const commit = async (): Promise<unknown> => (await world.client.call('ImageCommit', { query: { container, repo } })).json();
      return {
        act: commit,
        async check() {
          expectSame('the state of the committed container', (await inspectIn(world.client, container)).State, before.State);
          expectThawed(world, container, true);
          await imageCheck(world, { name: `${repo}:latest`, again: commit });
          await removeContainer(world, container);
        },
      };
    },
  },
  'image removal': {
    steps: ['name.remove', 'image.remove', 'blob.remove', 'layer.hide', 'layer.remove'],
    async begin(world) {
      const [name, image] = [world.name('removed'), await world.image()];
      const archive = await dockerArchive([{ image, tags: [name] }]);
      await world.load(archive);
      const remove = (): Promise<unknown> => world.client.call('ImageDelete', { path: { name } });
      return { act: remove, check: () => imageCheck(world, { name, id: image.id, again: () => world.load(archive) }) };
    },
  },
  'image prune': {
    steps: ['image.remove'],
    async begin(world) {
      const [name, image] = [world.name('pruned'), await world.image()];
      const archive = await dockerArchive([{ image, tags: [name] }]);
      await world.load(archive);
      const prune = (): Promise<unknown> => world.client.call('ImagePrune', { query: { filters: { dangling: ['false'] } } });
      return { act: prune, check: () => imageCheck(world, { name, id: image.id, again: () => world.load(archive) }) };
    },
  },
};
