/** The parts of an inspect answer that the tabs of a container show. */
export const inspectedParts = {
  Created: '2026-01-05T10:00:00Z',
  Driver: 'overlay2',
  SizeRw: 48_234_496,
  Mounts: [
    {
      Type: 'volume',
      Name: 'uploads',
      Source: '/var/lib/gantry/engine/volumes/uploads/_data',
      Destination: '/srv/uploads',
      RW: true,
      Propagation: '',
    },
    { Type: 'bind', Source: '/etc/acme', Destination: '/etc/acme', RW: false, Propagation: 'rprivate' },
  ],
  NetworkSettings: {
    Networks: {
      shop_default: {
        NetworkID: '1'.repeat(64),
        IPAddress: '172.20.0.2',
        IPPrefixLen: 16,
        Gateway: '172.20.0.1',
        MacAddress: '02:42:ac:14:00:02',
        DNSNames: ['api', 'shop-api-6'],
      },
    },
    Ports: { '3000/tcp': [{ HostIp: '0.0.0.0', HostPort: '3000' }], '9090/tcp': null },
  },
  health: {
    Status: 'unhealthy',
    FailingStreak: 2,
    Log: [0, 0, 1, 1].map((ExitCode, index) => ({
      Start: new Date(Date.now() - (4 - index) * 30_000).toISOString(),
      End: new Date(Date.now() - (4 - index) * 30_000 + 140).toISOString(),
      ExitCode,
      Output: ExitCode ? 'curl: (22) The requested URL returned error: 503\n' : '',
    })),
  },
  healthcheck: { Test: ['CMD-SHELL', 'curl -fs http://localhost:3000/healthz'], Interval: 30e9, Timeout: 3e9, Retries: 3 },
};

export const topDouble = {
  Titles: ['USER', 'PID', '%CPU', '%MEM', 'VSZ', 'RSS', 'TTY', 'STAT', 'START', 'TIME', 'COMMAND'],
  Processes: [
    ['root', '4211', '12.4', '1.1', '712344', '91224', '?', 'Ssl', '09:12', '1:04', 'server --port 3000'],
    ['root', '4260', '0.3', '0.1', '12344', '4124', '?', 'S', '09:12', '0:00', 'worker: mail'],
  ],
};

export const changesDouble = [
  { Path: '/srv', Kind: 0 },
  { Path: '/srv/cache', Kind: 1 },
  { Path: '/app.yaml', Kind: 0 },
  { Path: '/etc/motd', Kind: 2 },
];
