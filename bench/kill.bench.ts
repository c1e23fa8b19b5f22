// Claim: kill -9 of server, agent and engine in turn under load loses no log line, exit code or acknowledged write, and everything
// reconnects by itself. What `./gantry up` runs, built; the native engine is in the agent's process. Twenty containers write numbered lines, each
// followed over the server's door by a reader that resumes by position, while join codes and containers are made; everything is counted.
// Words: name of the bench, how often each is killed.
import { killInTurn } from '../apps/server/src/testing/kill-in-turn.ts';

const rounds = Number(process.argv[3] ?? 5);
const kills = Array.from({ length: rounds }, () => [['server'], ['agent'], ['server', 'agent']] as const).flat();
const { missing, backAfterMs, ...counted } = await killInTurn({ writers: 20, kills, quietMs: 4000 });
console.table({ [`${kills.length} kills`]: { ...counted, missing: missing.length } });
const slowest = (index: number): string => `${(Math.max(...backAfterMs.filter((_, at) => at % 3 === index)) / 1000).toFixed(1)} s`;
console.table({ 'back after, at most': { server: slowest(0), 'agent and engine': slowest(1), both: slowest(2) } });
for (const what of missing) console.log(`missing: ${what}`);
if (counted.lost + counted.doubled + missing.length > 0) process.exitCode = 1;
