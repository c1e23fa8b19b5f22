import { reclaimable, usageOf } from './disk-usage.ts';

const usage = usageOf({
  LayersSize: 1000,
  Images: [
    { Id: `sha256:${'1'.repeat(64)}`, RepoTags: ['nginx:1'], Size: 600, SharedSize: 100, Containers: 2 },
    { Id: `sha256:${'2'.repeat(64)}`, RepoTags: ['redis:8'], Size: 400, SharedSize: 100, Containers: 0 },
    { Id: `sha256:${'3'.repeat(64)}`, RepoTags: null, Size: 50, SharedSize: -1, Containers: 0 },
  ],
  Containers: [
    { Id: 'a'.repeat(64), Names: ['/web'], State: 'running', SizeRw: 7 },
    { Id: 'b'.repeat(64), Names: ['/old'], State: 'exited', SizeRw: 5 },
  ],
  Volumes: [
    { Name: 'data', UsageData: { Size: 20, RefCount: 0 } },
    { Name: 'f'.repeat(64), UsageData: { Size: 3, RefCount: 0 } },
    { Name: 'nfs', Options: { type: 'nfs' }, UsageData: { Size: -1, RefCount: 0 } },
    { Name: 'used', UsageData: { Size: 9, RefCount: 1 } },
  ],
  BuildCache: [
    { ID: 'x', Description: 'RUN make', InUse: false, Shared: false, Size: 11 },
    { ID: 'y', InUse: true, Size: 4 },
  ],
});

test('each part says how much it holds, how many are in use and what would go', () => {
  expect(usage.map((part) => [part.part, part.count, part.active, part.sizeBytes, reclaimable(part)])).toEqual([
    ['images', 3, 1, 1000, 350],
    ['containers', 2, 1, 12, 5],
    ['volumes', 4, 1, 32, 23],
    ['builds', 2, 1, 15, 11],
  ]);
});

test('what has a name goes only where everything unused is wanted, and a volume that lies elsewhere never', () => {
  const kept = usage.flatMap(({ candidates }) => candidates.filter(({ isKept }) => isKept).map(({ name }) => name));
  expect(kept).toEqual(['redis:8', 'data']);
  expect(usage.flatMap(({ candidates }) => candidates.map(({ name }) => name))).not.toContain('nfs');
});

test('an engine that has nothing, or does not tell of a part, is empty', () => {
  expect(usageOf({ Images: null }).map(({ count, sizeBytes }) => [count, sizeBytes])).toEqual([
    [0, 0],
    [0, 0],
    [0, 0],
    [0, 0],
  ]);
});
