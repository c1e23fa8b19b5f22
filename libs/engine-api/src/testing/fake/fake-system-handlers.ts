import { empty, json, jsonStream, text } from '../../replies.ts';
import type { Handlers } from '../../router.ts';
import type { FakeHost, FakeEvent } from './fake-host.ts';

export function fakeSystemHandlers(engine: FakeHost): Handlers {
  return {
    SystemPing: () => Promise.resolve(text(200, 'OK')),
    SystemPingHead: () => Promise.resolve(empty(200)),
    SystemVersion: () =>
      Promise.resolve(
        json(200, { Version: '1.0.0', ApiVersion: '1.51', MinAPIVersion: '1.24', Os: 'linux', Arch: 'amd64', Components: [] }),
      ),
    SystemInfo: () => Promise.resolve(json(200, infoOf(engine))),
    SystemEvents: (call) => Promise.resolve(jsonStream(events(engine, call))),
    ImageList: () => Promise.resolve(json(200, imagesOf(engine))),
    NetworkList: () => Promise.resolve(json(200, [{ Id: 'f'.repeat(64), Name: 'bridge', Driver: 'bridge', Scope: 'local', Labels: {} }])),
    VolumeList: () => Promise.resolve(json(200, { Volumes: [], Warnings: null })),
    GantryCapabilities: () => Promise.resolve(json(200, { engine: 'native', version: '0', cgroup: 'v2', features: [], missing: {} })),
  };
}

function infoOf({ containers }: FakeHost): unknown {
  const of = (state: string): number => containers.filter((container) => container.state === state).length;
  return {
    ID: 'fake',
    Name: 'fake-host',
    Containers: containers.length,
    ContainersRunning: of('running'),
    ContainersPaused: of('paused'),
    ContainersStopped: of('exited') + of('created'),
    Images: 1,
    NCPU: 2,
    MemTotal: 1_000_000_000,
    OSType: 'linux',
    OperatingSystem: 'Fake Linux',
    KernelVersion: '6.0.0',
    Architecture: 'x86_64',
    ServerVersion: '1.0.0',
    Swarm: { LocalNodeState: 'inactive' },
  };
}

function imagesOf({ containers }: FakeHost): unknown[] {
  const names = [...new Set(containers.map(({ config }) => config.image))];
  return names.map((name, index) => ({
    Id: `sha256:${index.toString(16).padStart(64, '0')}`,
    ParentId: '',
    RepoTags: [name],
    RepoDigests: [],
    Created: 0,
    Size: 1000,
    SharedSize: -1,
    Labels: {},
    Containers: -1,
  }));
}

async function* events(
  engine: FakeHost,
  { query, signal }: { query: { since: string; until: string }; signal: AbortSignal },
): AsyncGenerator<FakeEvent> {
  const live = engine.events.subscribe(signal);
  if (query.since !== '') for (const event of engine.past) if (Number(event['time']) >= Number(query.since)) yield event;
  if (query.until !== '' && Number(query.until) <= Date.now() / 1000) return;
  yield* live;
}
