import { emptyNetwork, networkCommand, type NetworkForm, networkProblems, newNetwork } from './network-form.ts';

const form: NetworkForm = {
  ...emptyNetwork,
  driver: 'macvlan',
  ...{ name: ' lan ', subnet: '10.1.0.0/24', gateway: '10.1.0.1', range: '10.1.0.128/25' },
  ...{
    hasIpv6: true,
    subnet6: 'fd00::/64',
    isInternal: true,
    options: [
      { name: 'parent', value: 'eth0' },
      { name: '', value: 'x' },
    ],
  },
};

test('a network is asked for as it is written, and shown as the command that does the same', () => {
  expect(newNetwork(form)).toEqual({
    ...{ name: 'lan', driver: 'macvlan', isInternal: true, hasIpv6: true, options: { parent: 'eth0' }, labels: {} },
    pools: [
      { subnet: '10.1.0.0/24', gateway: '10.1.0.1', range: '10.1.0.128/25' },
      { subnet: 'fd00::/64', gateway: '', range: '' },
    ],
  });
  expect(networkCommand(form)).toBe(
    'docker network create -d macvlan --subnet 10.1.0.0/24 --gateway 10.1.0.1 --ip-range 10.1.0.128/25 --subnet fd00::/64 --internal --ipv6 -o parent=eth0 lan',
  );
  expect(networkProblems(form)).toEqual({});
});

test('what cannot be is named at its field', () => {
  expect(networkProblems(emptyNetwork)).toEqual({ name: 'networks.badName' });
  expect(networkProblems({ ...form, subnet: '10.1.0.0', gateway6: 'x', subnet6: '' })).toEqual({
    subnet: 'networks.badSubnet',
    gateway6: 'networks.badAddress',
    subnet6: 'networks.needsSubnet',
  });
  expect(networkProblems({ ...form, subnet: '' })).toEqual({ subnet: 'networks.needsSubnet' });
});
