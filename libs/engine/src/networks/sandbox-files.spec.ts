import type { ContainerId } from '../ids.ts';
import {
  embeddedResolver,
  extraHost,
  formatHosts,
  formatResolvConf,
  mergedResolver,
  parseResolvConf,
  reachableResolver,
} from './sandbox-files.ts';
import type { Endpoint, SandboxRequest } from './sandboxes.ts';

const request: SandboxRequest = {
  container: 'c1' as ContainerId,
  containerName: 'web',
  hostname: 'web',
  domainname: '',
  networkMode: 'bridge',
  networks: {},
  ports: [],
  dns: [],
  dnsSearch: [],
  dnsOptions: [],
  extraHosts: [],
  sysctls: {},
};
const nothing = { servers: [], search: [], options: [] };
const host = parseResolvConf(
  '# made by hand\nnameserver 127.0.0.53\nnameserver 192.168.1.1\ndomain old\nsearch lan example.org\noptions edns0 trust-ad\n',
);

test('on the default bridge the resolver is that of the host without its loopback servers', () => {
  const text = formatResolvConf(reachableResolver(mergedResolver(request, nothing, host)));

  expect(text).toBe('nameserver 192.168.1.1\nsearch lan example.org\noptions edns0 trust-ad\n');
});

test('a host with loopback servers only gives way to public ones', () => {
  expect(reachableResolver(parseResolvConf('nameserver 127.0.0.53\n')).servers).toEqual(['8.8.8.8', '8.8.4.4']);
});

test('in user-defined networks the embedded server is asked, and the search list stays', () => {
  const text = formatResolvConf(embeddedResolver(mergedResolver(request, nothing, host)));

  expect(text).toBe('nameserver 127.0.0.11\nsearch lan example.org\noptions edns0 trust-ad ndots:0\n');
});

test("the container's settings come before the daemon's, those before the host's", () => {
  const daemon = { servers: ['10.0.0.53'], search: ['corp'], options: [] };

  expect(mergedResolver({ ...request, dns: ['1.2.3.4'], dnsOptions: ['ndots:2'] }, daemon, host)).toEqual({
    servers: ['1.2.3.4'],
    search: ['corp'],
    options: ['ndots:2'],
  });
  expect(mergedResolver({ ...request, dnsSearch: ['.'] }, daemon, host).search).toEqual([]);
});

const endpoint = { ipv4: { address: '172.17.0.2', prefixLength: 16, gateway: '172.17.0.1' } } as Endpoint;

test('the hosts file has the usual names, extra hosts and the own name last', () => {
  const asked = { ...request, domainname: 'example.org', extraHosts: ['db:10.0.0.9', 'host:host-gateway', 'six:fd00::1'] };

  expect(formatHosts(asked, [endpoint], ['172.17.0.1', 'fd00::99']).split('\n').slice(-6)).toEqual([
    '10.0.0.9\tdb',
    '172.17.0.1\thost',
    'fd00::99\thost',
    'fd00::1\tsix',
    '172.17.0.2\tweb.example.org web',
    '',
  ]);
});

test.each(['nothing', ':1.2.3.4', 'a:b:c', 'x:1.2.3'])('the extra host %j is refused', (entry) => {
  expect(() => extraHost(entry, [])).toThrow(/add-host/);
});
