// Claim: when somebody's right is taken away, the terminal that they have open ends within a second, 1,000 times of 1,000: over an upgraded connection as the docker
// CLI has it, and over the socket of a page. What `./gantry up` runs, built, with the native engine and a real shell; four people at once. Words: name of the
// bench, how many revocations.
import type { TestBrowser } from '../apps/server/src/testing/browser.ts';
import { Installation } from '../apps/server/src/testing/installation.ts';
import { type OpenTerminal, terminalWays } from '../apps/server/src/testing/open-terminal.ts';
import { addPerson, ownersPassword, viewersPassword } from '../apps/server/src/testing/people.ts';
import { ask, busyboxArchive } from '@gantry/engine-api/testing';
import { AccessGrant, createGrant, getMe, Me, proveIdentity, revokeGrant } from '@gantry/contract';

const wanted = Number(process.argv[3] ?? 1000);
const limitMs = 1000;
const people = 4;
/** In between everybody proves again that it is them: a proof is good for ten minutes. */
const batch = 100;

await using installation = await Installation.start();
const { owner, hostId, dockerSocket } = installation;
const socket = { kind: 'native', socketPath: dockerSocket, enter: [] } as const;
await ask(socket, 'POST /images/load', { body: busyboxArchive() });
const body = { Image: 'busybox:latest', Cmd: ['sleep', '1000000'], HostConfig: { NetworkMode: 'none' } };
const { Id: container } = (await ask(socket, 'POST /containers/create?name=target', { body })).value as { Id: string };
await ask(socket, `POST /containers/${container}/start`);
try {
  const persons: { browser: TestBrowser; id: string }[] = [];
  for (let number = 0; number < people; number++) {
    const browser = await addPerson(owner, `person-${number}`);
    persons.push({ browser, id: Me.parse((await browser.call(getMe)).body).id });
  }
  const table: Record<string, object> = {};
  for (const way of Object.keys(terminalWays) as (keyof typeof terminalWays)[]) {
    const times: number[] = [];
    while (times.length < wanted) {
      await prove(owner, ownersPassword);
      for (const { browser } of persons) await prove(browser, viewersPassword);
      const each = Math.ceil(Math.min(batch, wanted - times.length) / people);
      times.push(...(await Promise.all(persons.map((person) => inTurn(person, way, each)))).flat());
    }
    times.sort((a, b) => a - b);
    const inTime = times.filter((ms) => ms < limitMs).length;
    const at = (part: number): string => `${Math.round(times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0)} ms`;
    table[way] = { revocations: times.length, 'within a second': inTime, median: at(0.5), '99 of 100': at(0.99), slowest: at(1) };
    if (inTime < times.length) process.exitCode = 1;
  }
  console.table(table);
} finally {
  await ask(socket, `DELETE /containers/${container}?force=1`);
}

async function prove(browser: TestBrowser, password: string): Promise<void> {
  const { status, body } = await browser.call(proveIdentity, { body: { password } });
  if (status >= 300) throw new Error(`the proof answered ${status}: ${JSON.stringify(body)}`);
}

/** One person: is given the right, opens a terminal, loses the right, so many times; how long each terminal outlasted it. */
async function inTurn(
  { browser, id }: { browser: TestBrowser; id: string },
  way: keyof typeof terminalWays,
  count: number,
): Promise<number[]> {
  const times: number[] = [];
  while (times.length < count) {
    const grant = { subject: { kind: 'user', id }, role: 'operator', addOns: ['exec'], scope: { kind: 'host', host: hostId } };
    const { id: grantId } = AccessGrant.parse((await owner.call(createGrant, { body: grant })).body);
    await using terminal = await terminalWays[way](browser, { hostId, container });
    times.push(await outlasts(terminal, grantId));
  }
  return times;
}

async function outlasts(terminal: OpenTerminal, grantId: string): Promise<number> {
  const startMs = performance.now();
  await Promise.all([terminal.closed, owner.call(revokeGrant, { params: { grantId } })]);
  return performance.now() - startMs;
}
