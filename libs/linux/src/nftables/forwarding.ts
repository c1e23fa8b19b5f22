import { existsSync, realpathSync } from 'node:fs';
import { runProgram } from '../system/run-program.ts';

export interface ForwardingOperations {
  /**
   * Lets what bridges forward pass the rules of an installed Docker, or of a FORWARD chain that drops by default, for IPv4 and IPv6: an `accept` of
   * ours is not final for their chains. Answers whether a rule was added; twice is once; where nobody drops, nothing is done.
   */
  allowForwarding(links: readonly string[]): boolean;
  /** Takes those rules back. */
  forgetForwarding(links: readonly string[]): void;
  /** Whether iptables on this host keeps its rules elsewhere than in nftables: their changes have no generation. */
  hasLegacyIptables(): boolean;
}

const folders = ['/usr/sbin', '/sbin', '/usr/bin'];
const chains = ['DOCKER-USER', 'FORWARD'] as const;

/** By iptables(8) and ip6tables(8), whichever of their two kinds this host uses: that is the one that Docker writes with. */
export const forwardingOperations: ForwardingOperations = {
  allowForwarding(links) {
    if (links.length === 0) return false;
    return programs()
      .map((program) => allow(program, links))
      .some(Boolean);
  },
  forgetForwarding(links) {
    for (const program of programs()) {
      const rules = rulesIn(program);
      const ours = links.flatMap((link) => chains.flatMap((chain) => rulesFor(chain, link))).filter((rule) => rules.has(`-A ${rule}`));
      for (const rule of ours) runProgram(program, ['-w', '-D', ...rule.split(' ')]);
    }
  },
  hasLegacyIptables: () => programs().some((program) => realpathSync(program).includes('legacy')),
};

function programs(): string[] {
  return ['iptables', 'ip6tables'].flatMap((name) => folders.map((folder) => `${folder}/${name}`).find((path) => existsSync(path)) ?? []);
}

function allow(program: string, links: readonly string[]): boolean {
  const rules = rulesIn(program);
  const isDropping = rules.has('-P FORWARD DROP');
  const chain = rules.has('-N DOCKER-USER') ? 'DOCKER-USER' : isDropping ? 'FORWARD' : undefined;
  if (chain === undefined) return false;
  const missing = links.flatMap((link) => rulesFor(chain, link)).filter((rule) => !rules.has(`-A ${rule}`));
  for (const rule of missing) runProgram(program, ['-w', '-I', ...rule.split(' ')]);
  return missing.length > 0;
}

const rulesIn = (program: string): ReadonlySet<string> => new Set(runProgram(program, ['-w', '-S']).split('\n'));

function rulesFor(chain: string, link: string): string[] {
  return [`${chain} -i ${link} -j ACCEPT`, `${chain} -o ${link} -j ACCEPT`];
}
