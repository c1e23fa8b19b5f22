import { imageHistory, inspectImage, listImages } from './image-answers.ts';
import { familiarReference, isImageId, repositoryOf } from './image-names.ts';
import type { Looking } from './looking.ts';

const id = (digit: string): string => `sha256:${digit.repeat(64)}`;
const [red, blue, base] = [id('a'), id('b'), id('c')];

interface Eyes {
  readonly seesImages?: boolean;
  readonly reveals?: boolean;
}

function looking({ seesImages = false, reveals = false }: Eyes = {}): Looking {
  const seen = { ids: new Set([red, base]), references: new Set(['red/app:1', 'busybox:latest']) };
  const things = {
    sight: { seesImages, mayEverywhere: (permission: string) => permission === 'env:reveal' && reveals },
    seenImages: () => Promise.resolve(seen),
    seenContainers: () => Promise.resolve([{ Id: 'c-red' }]),
  };
  return { things } as unknown as Looking;
}

const shared = {
  Id: red,
  ParentId: blue,
  Parent: blue,
  RepoTags: ['red/app:1', 'blue/copy:1', 'docker.io/library/busybox'],
  RepoDigests: [`red/app@${red}`, `blue/copy@${red}`],
  Containers: 3,
  SharedSize: 100,
  Size: 5,
  Manifests: [{ ImageData: { Containers: ['c-red', 'c-blue'], Size: 1 } }, { ImageData: { Containers: null } }, { Kind: 'attestation' }],
};
const own = {
  ...shared,
  ParentId: '',
  Parent: '',
  RepoTags: ['red/app:1', 'docker.io/library/busybox'],
  RepoDigests: [`red/app@${red}`],
  Containers: -1,
  SharedSize: -1,
  Manifests: [{ ImageData: { Containers: ['c-red'], Size: 1 } }, { ImageData: { Containers: null } }, { Kind: 'attestation' }],
};

test('a list has the images that are theirs, by the names that are theirs, and no number that tells of others', async () => {
  const plain = { Id: base, ParentId: red, Parent: red, RepoTags: null };

  expect(await listImages([shared, { Id: blue, RepoTags: ['blue/app:1'] }, plain], looking())).toStrictEqual([own, plain]);
});

test('who sees the images of the host is shown them as they are', async () => {
  const answer = [shared];
  expect(await listImages(answer, looking({ seesImages: true }))).toBe(answer);
  expect(await inspectImage(shared, looking({ seesImages: true, reveals: true }))).toBe(shared);
});

test('an inspected image names nothing of others, and its values are told to who may see values everywhere', async () => {
  const Config = { Env: ['TOKEN=hunter2'] };
  const masked = { Env: ['TOKEN=********'] };
  const image = { ...shared, Manifests: undefined, Config, ContainerConfig: Config };
  const shown = { ...own, Manifests: undefined };

  expect(await inspectImage(image, looking())).toStrictEqual({ ...shown, Config: masked, ContainerConfig: masked });
  expect(await inspectImage(image, looking({ reveals: true }))).toStrictEqual({ ...shown, Config, ContainerConfig: Config });
  expect(await inspectImage(image, looking({ seesImages: true }))).toStrictEqual({ ...image, Config: masked, ContainerConfig: masked });
  expect(await inspectImage({ Id: red }, looking())).toStrictEqual({ Id: red });
});

test('no container of an inspected image is told, for it is not said which of them are theirs', async () => {
  expect(await inspectImage({ Id: red, Manifests: shared.Manifests }, looking())).toStrictEqual({
    Id: red,
    Manifests: [{ ImageData: { Containers: [], Size: 1 } }, { ImageData: { Containers: null } }, { Kind: 'attestation' }],
  });
});

test('a history has no foreign layer’s id or tag, and its lines no secret', async () => {
  const layers = [
    { Id: red, Tags: ['red/app:1', 'blue/copy:1'], CreatedBy: 'ENV TOKEN=hunter2' },
    { Id: blue, Tags: null, CreatedBy: 'COPY a b' },
    { Id: '<missing>' },
    { Tags: ['blue/app:1'], CreatedBy: null },
  ];
  const [first, second, third, fourth] = layers;
  const line = 'ENV TOKEN=********';

  expect(await imageHistory(layers, looking())).toEqual([
    { Id: red, Tags: ['red/app:1'], CreatedBy: line },
    { ...second, Id: '<missing>' },
    third,
    { Tags: [], CreatedBy: null },
  ]);
  expect(await imageHistory(layers, looking({ seesImages: true }))).toEqual([{ ...first, CreatedBy: line }, second, third, fourth]);
  expect(await imageHistory(layers, looking({ reveals: true }))).toMatchObject([
    { Tags: ['red/app:1'], CreatedBy: 'ENV TOKEN=hunter2' },
    {},
    {},
    {},
  ]);
});

test.each([
  ['busybox', 'busybox:latest', 'busybox'],
  ['docker.io/library/busybox', 'busybox:latest', 'busybox'],
  ['index.docker.io/library/busybox:1', 'busybox:1', 'busybox'],
  ['docker.io/red/app:1', 'red/app:1', 'red/app'],
  ['registry.lan:5000/red/app', 'registry.lan:5000/red/app:latest', 'registry.lan:5000/red/app'],
  [`red/app@${red}`, `red/app@${red}`, 'red/app'],
  [`red/app:1@${red}`, `red/app:1@${red}`, 'red/app'],
])('%s is shown as %s, of the repository %s', (reference, familiar, repository) => {
  expect([familiarReference(reference), repositoryOf(reference)]).toEqual([familiar, repository]);
});

test('an id is no name, with its algorithm or without', () => {
  expect([familiarReference('a'.repeat(64)), familiarReference(red), familiarReference('sha256:ab')]).toEqual([red, red, 'sha256:ab']);
  expect(['a'.repeat(64), red, 'sha256:ab', 'ab', 'a'.repeat(63), 'sha256:xy', `x${red}`].map(isImageId)).toEqual([
    ...[true, true, true],
    ...[false, false, false, false],
  ]);
});
