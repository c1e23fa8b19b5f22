import * as z from 'zod/mini';
import { Inspected, reportOf } from './container-report.ts';

const seen = { revision: 7, observedAtMs: 1 };
const base = {
  Id: 'c1',
  Name: '/web',
  Created: '2026-01-01T00:00:00.5Z',
  RestartCount: 2,
  Image: 'sha256:1',
  State: { Status: 'running' },
};
const report = (change: object): ReturnType<typeof reportOf> => reportOf(z.parse(Inspected, { ...base, ...change }), seen);

test('a running container is a row with its ports, networks, volumes and limits', () => {
  const row = report({
    State: {
      Status: 'running',
      Pid: 5,
      StartedAt: '2026-01-01T00:00:01Z',
      FinishedAt: '0001-01-01T00:00:00Z',
      Health: { Status: 'healthy' },
    },
    Config: { Image: 'nginx:1', Labels: { a: 'b' }, Env: ['PASSWORD=x'] },
    HostConfig: { Memory: 1024, NanoCpus: 1_500_000_000, PidsLimit: 10 },
    NetworkSettings: {
      Ports: { '80/tcp': [{ HostIp: '0.0.0.0', HostPort: '8080' }], '53/udp': null },
      Networks: { bridge: { IPAddress: '172.17.0.2', GlobalIPv6Address: '' } },
    },
    Mounts: [
      { Type: 'volume', Name: 'data' },
      { Type: 'bind', Source: '/secret' },
    ],
  });

  expect(row).toEqual({
    id: 'c1',
    name: 'web',
    state: 'running',
    health: 'healthy',
    createdAtMs: Date.parse('2026-01-01T00:00:00.5Z'),
    startedAtMs: Date.parse('2026-01-01T00:00:01Z'),
    restarts: 2,
    image: { ref: 'nginx:1', id: 'sha256:1' },
    ports: [{ address: '0.0.0.0', hostPort: 8080, containerPort: 80, protocol: 'tcp' }],
    networks: [{ name: 'bridge', ipv4: '172.17.0.2' }],
    volumes: ['data'],
    labels: { a: 'b' },
    isTruncated: false,
    limits: { memoryBytes: 1024, cpus: 1.5, pids: 10 },
    ...seen,
  });
});

test('a container that ended tells how, one that never ran does not', () => {
  expect(report({ State: { Status: 'exited', ExitCode: 137, OOMKilled: true, FinishedAt: '2026-01-01T00:00:02Z' } }).exit).toEqual({
    code: 137,
    isOutOfMemory: true,
    atMs: Date.parse('2026-01-01T00:00:02Z'),
  });
  expect(report({ State: { Status: 'created', ExitCode: 0, FinishedAt: '0001-01-01T00:00:00Z' } })).not.toHaveProperty('exit');
});

test('labels are cut to 32 and 2 KB, those of a stack last', () => {
  const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`a${index}`, 'x']));

  const { labels, isTruncated } = report({ Config: { Labels: { ...many, 'com.docker.compose.project': 'shop' } } });

  expect(isTruncated).toBe(true);
  expect(Object.keys(labels)).toHaveLength(32);
  expect(labels['com.docker.compose.project']).toBe('shop');
});
