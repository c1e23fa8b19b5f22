import { existsSync } from 'node:fs';
import { runProgram } from '../system/run-program.ts';

export interface ForwardingOperations {
  /**
   * Lets what a bridge forwards pass the rules of an installed Docker, or of a FORWARD chain that drops by default: an `accept` of ours is
   * not final for their chains. Answers whether a rule was added; twice is once; where nobody drops, nothing is done.
   */
  allowForwarding(link: string): boolean;
  /** Takes those rules back. */
  forgetForwarding(link: string): void;
}

const programs = ['/usr/sbin/iptables', '/sbin/iptables', '/usr/bin/iptables'];
const chains = ['DOCKER-USER', 'FORWARD'] as const;

/** By iptables(8), whichever of its two kinds this host uses: that is the one that Docker writes with. */
export const forwardingOperations: ForwardingOperations = {
  allowForwarding(link) {
    const program = programs.find((path) => existsSync(path));
    if (program === undefined) return false;
    const rules = runProgram(program, ['-w', '-S']).split('\n');
    const isDropping = rules.includes('-P FORWARD DROP');
    const chain = rules.includes('-N DOCKER-USER') ? 'DOCKER-USER' : isDropping ? 'FORWARD' : undefined;
    if (chain === undefined) return false;
    const missing = rulesFor(chain, link).filter((rule) => !rules.includes(`-A ${rule}`));
    for (const rule of missing) runProgram(program, ['-w', '-I', ...rule.split(' ')]);
    return missing.length > 0;
  },
  forgetForwarding(link) {
    const program = programs.find((path) => existsSync(path));
    if (program === undefined) return;
    const rules = runProgram(program, ['-w', '-S']).split('\n');
    const ours = chains.flatMap((chain) => rulesFor(chain, link)).filter((rule) => rules.includes(`-A ${rule}`));
    for (const rule of ours) runProgram(program, ['-w', '-D', ...rule.split(' ')]);
  },
};

function rulesFor(chain: string, link: string): string[] {
  return [`${chain} -i ${link} -j ACCEPT`, `${chain} -o ${link} -j ACCEPT`];
}
