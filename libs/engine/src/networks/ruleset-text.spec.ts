import { RulesetText } from './ruleset-text.ts';

const text = `table ip own {
	map ports {
		type inet_proto . inet_service : ipv4_addr . inet_service
		elements = { tcp . 80 : 1.2.3.4 . 80,
			     udp . 53 : 1.2.3.4 . 53 }
	}

	set nets {
		type ipv4_addr
		flags interval
	}

	chain pre {
		type nat hook prerouting priority -105; policy accept;
		fib daddr type local dnat ip to meta l4proto . th dport map @ports
	}
}
table ip6 own {
	set nets {
		type ipv6_addr
		elements = { fd00::/64 }
	}

	chain pre {
		type nat hook prerouting priority -105; policy accept;
	}
}
`;
const of = (table: string, set: string, key: string) => ({ table, set, key });
const all = [of('ip own', 'ports', 'a'), of('ip own', 'ports', 'b'), of('ip6 own', 'nets', 'c')];

test('the elements of sets are counted, each in its table', () => {
  expect(new RulesetText(text).hasElements(all)).toBe(true);
  expect(new RulesetText(text).hasElements(all.slice(1))).toBe(false);
  expect(new RulesetText(text).hasElements([...all, of('ip own', 'nets', 'd')])).toBe(false);
});

test('a rule or chain that is missing makes the chains others, an element does not', () => {
  const { chains } = new RulesetText(text);

  expect(new RulesetText(text.replace(/^.*udp . 53.*\n/m, ' }\n')).chains).toBe(chains);
  expect(new RulesetText(text.replace(/^.*fib daddr.*\n/m, '')).chains).not.toBe(chains);
  expect(new RulesetText(text.slice(0, text.indexOf('table ip6'))).chains).not.toBe(chains);
});
