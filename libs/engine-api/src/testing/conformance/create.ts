import { ask, type EngineUnderTest } from '../engine-under-test.ts';
import { type Container, createContainer, exitCodeOf, framesOf, inspect, runContainer, uniqueName } from '../fixtures.ts';
import { differing } from './differences.ts';
import { refusedAtCreate, refusedAtStart } from './create-refusals.ts';

type Body = Readonly<Record<string, unknown>>;

const seccomp = JSON.stringify({
  defaultAction: 'SCMP_ACT_ALLOW',
  syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO' }],
});
const capabilities = "awk '/^Cap(Eff|Bnd)/ { print $2 }' /proc/self/status";
const mountOf = (path: string): string => `awk '$5 == "${path}" { print $6, $NF }' /proc/self/mountinfo`;
const group = '/sys/fs/cgroup';

/** What a request asks for, what a script says inside, and what it has to say: exactly, or by a pattern. */
type Inside = readonly [title: string, host: Body, script: string, said: string | RegExp, config?: Body];

/** Each in a container of its own. */
const inside: readonly Inside[] = [
  [
    'variables win over defaults, and one without a value takes it away',
    {},
    'echo $HOME $A ${B-none}',
    '/h 2 none',
    { Env: ['HOME=/h', 'A=1', 'A=2', 'B'] },
  ],
  ['a user by name', {}, 'id; echo $HOME', 'uid=1000(www) gid=1000(www) groups=1000(www)\n/home', { User: 'www' }],
  ['a user by numbers that nobody has', {}, 'id -u; id -g; echo $HOME', '1234\n4321\n/', { User: '1234:4321' }],
  ['a user with the group of another', {}, 'id -u; id -g', '1000\n1', { User: 'www:daemon' }],
  ['more groups', { GroupAdd: ['daemon', '777'] }, 'id -G', '1000 1 777', { User: 'www' }],
  [
    'capabilities more and less',
    { CapAdd: ['NET_ADMIN'], CapDrop: ['CAP_MKNOD', 'chown'] },
    capabilities,
    '00000000a00435fa\n00000000a00435fa',
  ],
  ['no capability but one', { CapAdd: ['chown'], CapDrop: ['ALL'] }, capabilities, '0000000000000001\n0000000000000001'],
  ['a user has no effective capability', { CapAdd: ['NET_ADMIN'] }, capabilities, '0000000000000000\n00000000a80435fb', { User: 'www' }],
  [
    'a root that cannot be written, but for a tmpfs',
    { ReadonlyRootfs: true, Tmpfs: { '/t': '' } },
    'touch /x 2>/dev/null; touch /etc/hosts 2>/dev/null; touch /t/x && ls /t',
    'x',
  ],
  ['no new privileges', { SecurityOpt: ['no-new-privileges:true'] }, 'grep NoNewPrivs /proc/self/status', 'NoNewPrivs:\t1'],
  ['no seccomp', { SecurityOpt: ['seccomp=unconfined'] }, 'grep Seccomp: /proc/self/status', 'Seccomp:\t0'],
  ['a seccomp profile of its own', { SecurityOpt: [`seccomp=${seccomp}`] }, 'mkdir /q 2>&1', /Operation not permitted/],
  [
    'shared memory that others may join',
    { IpcMode: 'shareable', ShmSize: 1_048_576 },
    mountOf('/dev/shm'),
    'rw,nosuid,nodev,noexec,relatime rw,size=1024k',
  ],
  ['no shared memory', { IpcMode: 'none' }, `${mountOf('/dev/shm')}; ${mountOf('/dev/mqueue')}`, 'rw,nosuid,nodev,noexec,relatime rw'],
  ['the name of the host', { UTSMode: 'host' }, 'test "$(cat /proc/sys/kernel/hostname)" != "$HOSTNAME" && echo other', 'other'],
  ['the processes of the host', { PidMode: 'host' }, 'test $$ -gt 1 && echo many', 'many'],
  ['the network of the host', { NetworkMode: 'host' }, 'cmp -s /etc/hostname /proc/sys/kernel/hostname && echo same', 'same'],
  ['no network', { NetworkMode: 'none' }, 'ls /sys/class/net', 'lo'],
];

/** None of these changes what another one says: one container is asked for all of them. */
const insideTogether: readonly Inside[] = [
  [
    'host and domain name',
    {},
    'hostname; cat /proc/sys/kernel/domainname /etc/hostname; grep my.host /etc/hosts | cut -f2',
    'my.host\nex.org\nmy.host\nmy.host.ex.org my',
    { Hostname: 'my.host', Domainname: 'ex.org' },
  ],
  ['a working directory that is not there yet', {}, 'pwd', '/a/c', { WorkingDir: '/a/b/../c/' }],
  ['an init process', { Init: true }, 'cat /proc/1/comm', /^(docker-init|tini|catatonit)$/],
  ['the usual capabilities', {}, capabilities, '00000000a80425fb\n00000000a80425fb'],
  [
    'paths that are not hidden',
    { MaskedPaths: [], ReadonlyPaths: [] },
    'grep -cE " (/proc/kcore|/proc/sys|/sys/firmware) " /proc/self/mountinfo',
    '0',
  ],
  ['shared memory of a size', { ShmSize: 1_048_576 }, mountOf('/dev/shm'), 'rw,nosuid,nodev,noexec,relatime rw,size=1024k'],
  [
    'tmpfs with options',
    { Tmpfs: { '/t': 'size=1m,exec,mode=700' } },
    `${mountOf('/t')}; stat -c %a /t`,
    'rw,nosuid,nodev,relatime rw,size=1024k,mode=700\n700',
  ],
  [
    'a tmpfs mount',
    { Mounts: [{ Type: 'tmpfs', Target: '/m', TmpfsOptions: { SizeBytes: 1_048_576, Mode: 0o700 } }] },
    mountOf('/m'),
    'rw,nosuid,nodev,noexec,relatime rw,size=1024k,mode=700',
  ],
  [
    'a device',
    { Devices: [{ PathOnHost: '/dev/null', PathInContainer: '/dev/mine', CgroupPermissions: 'r' }] },
    'stat -c "%F %t:%T" /dev/mine',
    'character special file 1:3',
  ],
  [
    'rules for devices',
    { DeviceCgroupRules: ['c 42:7 rw'] },
    `grep -c "c 42:7 rw" ${group}/devices/devices.list 2>/dev/null || echo 1`,
    '1',
  ],
  ['ulimits', { Ulimits: [{ Name: 'nofile', Soft: 100, Hard: 200 }] }, 'ulimit -n; ulimit -Hn', '100\n200'],
  [
    'sysctls',
    { Sysctls: { 'net.ipv4.ip_forward': '1', 'kernel.msgmax': '9000' } },
    'cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax',
    '1\n9000',
  ],
  ['a score for the day when memory ends', { OomScoreAdj: 500 }, 'cat /proc/self/oom_score_adj', '500'],
  [
    'shares of CPUs',
    { CpuShares: 512, CpusetCpus: '0', CpusetMems: '0' },
    `cat ${group}/cpu/cpu.shares 2>/dev/null || echo 512; grep allowed_list /proc/self/status`,
    '512\nCpus_allowed_list:\t0\nMems_allowed_list:\t0',
  ],
  [
    'as much swap as memory',
    { Memory: 33_554_432 },
    `cat ${group}/memory/memory.memsw.limit_in_bytes 2>/dev/null || echo 67108864`,
    '67108864',
  ],
  ['processes without limit', { PidsLimit: -1 }, `cat ${group}/pids/pids.max ${group}/pids.max 2>/dev/null`, 'max'],
  ['hosts that it knows', { ExtraHosts: ['a:1.2.3.4', 'v6:::2'] }, "grep -E '[[:space:]](a|v6)$' /etc/hosts", '1.2.3.4\ta\n::2\tv6'],
  [
    'its own resolver',
    { Dns: ['9.9.9.9'], DnsSearch: ['a.org'], DnsOptions: ['ndots:3'] },
    'sort /etc/resolv.conf',
    'nameserver 9.9.9.9\noptions ndots:3\nsearch a.org',
  ],
  ['a MAC address', {}, 'cat /sys/class/net/eth0/address', '02:42:ac:11:00:99', { MacAddress: '02:42:ac:11:00:99' }],
  ['a file by which programs see where they are', {}, 'ls /.dockerenv', '/.dockerenv'],
];

const hiddenPaths = ['/proc/acpi', '/proc/asound', '/proc/kcore', '/proc/keys', '/proc/latency_stats', '/proc/sched_debug'].concat(
  ...['/proc/scsi', '/proc/timer_list', '/proc/timer_stats', '/sys/firmware'],
);

/** All fields of API 1.41 for a request that asks for nothing; the ones that depend on the machine or the engine come apart. */
const hostConfigOfNothing = {
  ...{
    Binds: null,
    ContainerIDFile: '',
    PortBindings: null,
    AutoRemove: false,
    VolumeDriver: '',
    VolumesFrom: null,
    CapAdd: null,
    CapDrop: null,
  },
  ...{ Dns: null, DnsOptions: null, DnsSearch: null, ExtraHosts: null, GroupAdd: null, IpcMode: 'private', Cgroup: '', Links: null },
  ...{ OomScoreAdj: 0, PidMode: '', Privileged: false, PublishAllPorts: false, ReadonlyRootfs: false, SecurityOpt: null, UTSMode: '' },
  ...{ UsernsMode: '', ShmSize: 67_108_864, ConsoleSize: [0, 0], Isolation: '', CpuShares: 0, Memory: 0, NanoCpus: 0, CgroupParent: '' },
  ...{ BlkioWeight: 0, BlkioWeightDevice: null, BlkioDeviceReadBps: null, BlkioDeviceWriteBps: null, BlkioDeviceReadIOps: null },
  ...{ BlkioDeviceWriteIOps: null, CpuPeriod: 0, CpuQuota: 0, CpuRealtimePeriod: 0, CpuRealtimeRuntime: 0, CpusetCpus: '', CpusetMems: '' },
  ...{ Devices: null, DeviceCgroupRules: null, DeviceRequests: null, KernelMemory: 0, KernelMemoryTCP: 0, MemoryReservation: 0 },
  ...{ MemorySwap: 0, MemorySwappiness: null, PidsLimit: null, Ulimits: null, CpuCount: 0, CpuPercent: 0, IOMaximumIOps: 0 },
  ...{ IOMaximumBandwidth: 0, ReadonlyPaths: ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'] },
};

/** What programs get that ask for much, and what inspect says of it. */
export function createConformance(engine: () => EngineUnderTest): void {
  const logsOf = async ({ id }: Container): Promise<string> =>
    framesOf((await ask(engine(), `GET /containers/${id}/logs?stdout=1&stderr=1`)).body).stdout.trimEnd();
  const create = (body: Body, query = '') => ask(engine(), `POST /containers/create?${query}`, { body: { Image: 'busybox', ...body } });

  /** What a script says in a container that is made for it. */
  const outputOf = async (script: string, config: Body): Promise<string> => {
    const container = await runContainer(engine(), script, config);
    await exitCodeOf(engine(), container);
    const output = await logsOf(container);
    await ask(engine(), `DELETE /containers/${container.id}?v=1`);
    return output;
  };
  const expectSaid = (output: string | undefined, said: string | RegExp): void => {
    if (typeof said === 'string') expect(output).toBe(said);
    else expect(output).toMatch(said);
  };

  for (const [title, host, script, said, config = {}] of inside) {
    test(`inside there is ${title}`, async () => {
      expectSaid(await outputOf(script, { ...config, HostConfig: host }), said);
    });
  }

  describe('in one container', () => {
    const mark = '== next ==';
    let outputs: string[] = [];
    beforeAll(async () => {
      const HostConfig: Body = Object.assign({}, ...insideTogether.map(([, host]) => host)) as Body;
      const config: Body = Object.assign({}, ...insideTogether.map(([, , , , own]) => own)) as Body;
      const script = insideTogether.map(([, , one]) => `(${one})`).join(`; echo '${mark}'; `);
      outputs = (await outputOf(script, { ...config, HostConfig })).split(mark).map((output) => output.trim());
    });

    for (const [at, [title, , , said]] of insideTogether.entries()) {
      test(`inside there is ${title}`, () => expectSaid(outputs[at], said));
    }
  });

  for (const [body, message, status = 400, query = ''] of refusedAtCreate) {
    test(`${JSON.stringify(body)} is refused: ${message.source}`, async () => {
      const answer = await create(body, query);

      expect(answer.message).toMatch(message);
      expect(answer.status).toBe(status === 'bad-input' ? differing('statusOfBadInput', engine()) : status);
    });
  }

  for (const [body, message, status = 'bad-input'] of refusedAtStart) {
    test(`${JSON.stringify(body)} is not started: ${message.source}`, async () => {
      const container = await createContainer(engine(), { Cmd: ['true'], ...body });

      const answer = await ask(engine(), `POST /containers/${container.id}/start`);

      expect(answer.message).toMatch(message);
      expect(answer.status).toBe(status === 'bad-input' ? differing('statusOfBadInput', engine()) : status);
      expect((await inspect(engine(), container)).value).toMatchObject({ State: { Status: 'created', Error: answer.message } });
      await ask(engine(), `DELETE /containers/${container.id}?v=1`);
    });
  }

  test('what this machine cannot do is told and left out', async () => {
    const warnings = async (host: Body): Promise<unknown> => ((await create({ HostConfig: host })).value as { Warnings: unknown }).Warnings;

    expect(await warnings({})).toEqual([]);
    expect(await warnings({ CpuPercent: 5 })).toEqual(['linux does not support CPU percent. Percent discarded.']);
    expect(await warnings({ NetworkMode: 'host', PortBindings: { '80/tcp': [{ HostPort: '1' }] } })).toEqual([
      'Published ports are discarded when using host network mode',
    ]);
  });

  test('inspect shows a request with the defaults of the engine, and every field of it', async () => {
    const { id } = await createContainer(engine(), {});

    const { HostConfig, Config } = (await ask(engine(), `GET /v1.41/containers/${id}/json`)).value as { HostConfig: Body; Config: Body };

    expect({ ...HostConfig, MaskedPaths: (HostConfig['MaskedPaths'] as string[]).toSorted() }).toEqual({
      ...hostConfigOfNothing,
      NetworkMode: differing('networkModeOfNothing', engine()),
      RestartPolicy: { Name: differing('restartPolicyOfNothing', engine()), MaximumRetryCount: 0 },
      Runtime: differing('runtimeOfNothing', engine()),
      LogConfig: { Type: 'json-file', Config: differing('logLimitsOfNothing', engine()) },
      MaskedPaths: [...hiddenPaths, ...differing('hiddenPaths', engine())].sort(),
      CgroupnsMode: expect.stringMatching(/^(host|private)$/) as unknown,
      OomKillDisable: HostConfig['CgroupnsMode'] === 'host' ? false : null,
    });
    expect(Config).toEqual({
      ...{ Hostname: id.slice(0, 12), Domainname: '', User: '', AttachStdin: false, AttachStdout: false, AttachStderr: false, Tty: false },
      ...{ OpenStdin: false, StdinOnce: false, Env: [expect.stringMatching(/^PATH=/)], Cmd: ['sh'], Image: 'busybox', Volumes: null },
      ...{ WorkingDir: '', Entrypoint: null, OnBuild: null, Labels: {} },
    });
  });

  test('inspect shows limits as they count', async () => {
    const container = await createContainer(engine(), {
      HostConfig: { Memory: 33_554_432, PidsLimit: -1, MemorySwappiness: -1, DeviceRequests: [{ Count: 1 }], PidMode: 'host' },
    });

    expect((await inspect(engine(), container)).value).toMatchObject({
      HostConfig: {
        ...{ Memory: 33_554_432, MemorySwap: 67_108_864, MemorySwappiness: null, PidsLimit: null, SecurityOpt: ['label=disable'] },
        DeviceRequests: [{ Driver: '', Count: 1, DeviceIDs: null, Capabilities: null, Options: null }],
      },
    });
  });

  test('inspect names the files that programs look for', async () => {
    const container = await runContainer(engine(), 'sleep 60');

    const { value } = await inspect(engine(), container);

    const at = (name: string): unknown => expect.stringMatching(new RegExp(`^/.*/containers/${container.id}/${name}$`));
    expect(value).toMatchObject({
      ...{
        HostnamePath: at('hostname'),
        HostsPath: at('hosts'),
        ResolvConfPath: at('resolv.conf'),
        LogPath: at(differing('logFile', engine())),
      },
      GraphDriver: {
        Name: 'overlay2',
        Data: {
          LowerDir: expect.stringMatching(/^\/.+:\/.+/) as unknown,
          MergedDir: expect.stringMatching(/^\//) as unknown,
          UpperDir: expect.stringMatching(/^\//) as unknown,
          WorkDir: expect.stringMatching(/^\//) as unknown,
        },
      },
      NetworkSettings: {
        SandboxID: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
        SandboxKey: expect.stringMatching(/^\//) as unknown,
      },
    });
    await ask(engine(), `POST /containers/${container.id}/kill`);
  });

  test('a namespace of another container is joined by its id', async () => {
    const other = await runContainer(engine(), 'echo seen > /dev/shm/file; sleep 60', {
      HostConfig: { IpcMode: 'shareable' },
      Hostname: 'theirs',
    });
    const mode = `container:${other.name}`;
    const one = await runContainer(
      engine(),
      'while [ ! -s /dev/shm/file ]; do sleep 0.05; done; cat /dev/shm/file; hostname; cat /etc/hostname; grep -c sleep /proc/1/cmdline',
      {
        HostConfig: { IpcMode: mode, NetworkMode: mode, PidMode: mode },
      },
    );
    await exitCodeOf(engine(), one);

    expect(await logsOf(one)).toBe('seen\ntheirs\ntheirs\n1');
    const byId = `container:${other.id}`;
    expect((await inspect(engine(), one)).value).toMatchObject({
      HostConfig: { IpcMode: byId, NetworkMode: byId, PidMode: byId },
      HostsPath: expect.stringContaining(other.id) as unknown,
      NetworkSettings: { Networks: {} },
    });
    await ask(engine(), `POST /containers/${other.id}/kill`);
  });

  test('a link tells of the other container', async () => {
    const other = await runContainer(engine(), 'sleep 60', { Env: ['FOO=bar'], ExposedPorts: { '80/tcp': {} } });
    const container = await runContainer(engine(), 'env | grep ^DB_ | sort; grep -c "db .*$HIS" /etc/hosts', {
      Env: [`HIS=${other.name}`],
      HostConfig: { Links: [`${other.name}:db`] },
    });
    await exitCodeOf(engine(), container);

    const { IPAddress } = ((await inspect(engine(), other)).value as { NetworkSettings: { IPAddress: string } }).NetworkSettings;
    expect((await logsOf(container)).replaceAll(IPAddress, 'IP').split('\n')).toEqual([
      ...['DB_ENV_FOO=bar', `DB_NAME=/${container.name}/db`, 'DB_PORT=tcp://IP:80', 'DB_PORT_80_TCP=tcp://IP:80'],
      ...['DB_PORT_80_TCP_ADDR=IP', 'DB_PORT_80_TCP_PORT=80', 'DB_PORT_80_TCP_PROTO=tcp', '1'],
    ]);
    expect((await inspect(engine(), container)).value).toMatchObject({ HostConfig: { Links: [`/${other.name}:/${container.name}/db`] } });
    for (const end of [`POST /containers/${other.id}/kill`, `DELETE /containers/${other.id}?force=1`] as const) {
      await ask(engine(), end);
      const { message } = await ask(engine(), `POST /containers/${container.id}/start`);
      expect(message).toMatch(/^Cannot link to a non running container: \/\S+ AS /);
      expect(message.endsWith(` AS /${container.name}/db`)).toBe(true);
    }
  });

  test('a link goes with a new name of the other, names it in lists, and is taken away alone', async () => {
    const other = await runContainer(engine(), 'sleep 60');
    const links = [`${other.name}:db`, `${other.name}:too`];
    const container = await createContainer(engine(), { Cmd: ['grep', 'db ', '/etc/hosts'], HostConfig: { Links: links } });
    const renamed = `z-${other.name}`;
    await ask(engine(), `POST /containers/${other.id}/rename?name=${renamed}`);
    const shown = async () =>
      ((await inspect(engine(), container)).value as { HostConfig: { Links: string[] | null } }).HostConfig.Links ?? [];
    const names = async (): Promise<unknown> =>
      (
        (await ask(engine(), `GET /containers/json?filters=${encodeURIComponent(JSON.stringify({ id: [other.id] }))}`)).value as {
          Names: string[];
        }[]
      ).map(({ Names }) => Names);

    expect((await shown()).toSorted()).toEqual(['db', 'too'].map((alias) => `/${renamed}:/${container.name}/${alias}`));
    expect(await names()).toEqual([[`/${container.name}/db`, `/${container.name}/too`, `/${renamed}`].sort()]);
    const unlink = (path: string) => ask(engine(), `DELETE /containers/${path}?link=1`);
    expect(await unlink(container.name)).toMatchObject({ message: 'Conflict, cannot remove the default link name of the container' });
    expect(await unlink(`${container.name}/none`)).toMatchObject({ status: 404, message: `No such container: ${container.name}/none` });
    expect((await unlink(`${container.name}/too`)).status).toBe(204);
    expect(await shown()).toEqual([`/${renamed}:/${container.name}/db`]);
    expect((await ask(engine(), `POST /containers/${container.id}/start`)).status).toBe(204);
    expect(await exitCodeOf(engine(), container)).toBe(0);
    expect((await unlink(`${container.name}/db`)).status).toBe(204);
    expect(await shown()).toEqual([]);
    await ask(engine(), `POST /containers/${other.id}/kill`);
  });

  test('of a range of host ports the first free one is taken', async () => {
    const bound = (range: string): Body => ({
      ExposedPorts: { '80/tcp': {} },
      HostConfig: { PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: range }] } },
    });
    const first = 20_000 + Math.floor(Math.random() * 10_000);
    const range = `${first}-${first + 9}`;
    const containers = [await runContainer(engine(), 'sleep 60', bound(range)), await runContainer(engine(), 'sleep 60', bound(range))];

    const ports = await Promise.all(
      containers.map(async (container) => {
        const { value } = await inspect(engine(), container);
        return (value as { NetworkSettings: { Ports: Record<string, { HostPort: string }[]> } }).NetworkSettings.Ports['80/tcp'];
      }),
    );
    // Another program may have one of them.
    const [one = 0, other = 0] = ports.map((bindings) => Number(bindings?.[0]?.HostPort));
    expect(one).toBeGreaterThanOrEqual(first);
    expect(other).toBeGreaterThan(one);
    expect(other).toBeLessThan(first + 10);
    for (const { id } of containers) await ask(engine(), `POST /containers/${id}/kill`);
  });

  test('details of a log are the labels and variables that its options choose, and its tag', async () => {
    const options = { labels: 'a,none', 'labels-regex': '^com\\.', env: 'B', 'env-regex': '^C', tag: '{{.Name}}/{{.ImageName}}' };
    const container = await runContainer(engine(), 'echo one; echo two', {
      ...{ Labels: { a: '1 &', 'com.x': '2', other: '3' }, Env: ['B=x=y', 'CD=4', 'E=5'] },
      HostConfig: { LogConfig: { Type: 'json-file', Config: options } },
    });
    await exitCodeOf(engine(), container);

    const { body } = await ask(engine(), `GET /containers/${container.id}/logs?stdout=1&details=1`);
    const details = `B=x%3Dy,CD=4,a=1+%26,com.x=2,tag=${container.name}%2Fbusybox`;
    expect(framesOf(body).stdout).toBe(`${details} one\n${details} two\n`);
  });

  test('shared memory may be joined where a request is older than API 1.40', async () => {
    const { value } = await ask(engine(), 'POST /v1.39/containers/create', { body: { Image: 'busybox', HostConfig: {} } });

    expect((await inspect(engine(), { id: (value as { Id: string }).Id, name: '' })).value).toMatchObject({
      HostConfig: { IpcMode: 'shareable' },
    });
  });

  test('a port that is bound is published', async () => {
    const container = await runContainer(engine(), 'sleep 60', {
      HostConfig: { PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1' }] } },
    });

    const { NetworkSettings } = (await inspect(engine(), container)).value as { NetworkSettings: { Ports: Body } };
    expect(Object.keys(NetworkSettings.Ports)).toEqual(differing('publishedWithoutExposed', engine()));
    await ask(engine(), `POST /containers/${container.id}/kill`);
  });

  test('a log that is not kept cannot be read', async () => {
    const container = await runContainer(engine(), 'echo x', { HostConfig: { LogConfig: { Type: 'none' } } });
    await exitCodeOf(engine(), container);

    expect(await ask(engine(), `GET /containers/${container.id}/logs?stdout=1`)).toMatchObject({
      message: 'configured logging driver does not support reading',
    });
  });

  test('a name in the request of another engine is not needed', async () => {
    const { status, value } = await create({}, `name=${uniqueName()}&platform=linux`);

    expect({ status, value }).toMatchObject({ status: 201, value: { Warnings: [] } });
  });
}
