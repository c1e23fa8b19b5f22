import { setTimeout as delay } from 'node:timers/promises';
import { runQuietly } from '../machine/run-program.ts';
import { eventOf, type PartEvent } from '../parts/part.ts';
import { Trouble } from '../trouble.ts';
import type { UnitName } from './units.ts';

/** What each part says when it has come up: an agent that waits for its server is up, one that has no server is not. */
const upEvents: Readonly<Record<UnitName, readonly string[]>> = { server: ['listening'], agent: ['connected', 'link-down', 'waiting'] };
const limitMs = 120_000;

/** Waits until a unit that was just started has come up, and answers what it said then. Fails with its last words where it ended. */
export async function waitForUnit(name: UnitName): Promise<PartEvent> {
  const unit = `gantry-${name}.service`;
  const deadline = performance.now() + limitMs;
  for (;;) {
    const { ActiveState: state, InvocationID: invocation } = await propertiesOf(unit);
    const log = await read(['journalctl', '--no-pager', '--output=cat', '--quiet', `_SYSTEMD_INVOCATION_ID=${invocation ?? ''}`]);
    const lines = log.split('\n').filter((line) => line !== '');
    const up = lines.map(eventOf).find(({ event }) => upEvents[name].includes(event));
    if (up) return up;
    const isLate = performance.now() > deadline;
    if (state === 'failed' || isLate) {
      const words = lines.findLast((line) => eventOf(line).event === 'text') ?? 'it said nothing';
      throw new Trouble(`${unit} ${isLate ? `has not come up in ${limitMs / 1000} s` : 'did not start'}: ${words} (journalctl -u ${unit})`);
    }
    await delay(200);
  }
}

/** Those that are needed, by name. */
async function propertiesOf(unit: string): Promise<Readonly<Record<string, string>>> {
  const shown = await read(['systemctl', 'show', '--property=ActiveState,InvocationID', unit]);
  return Object.fromEntries([...shown.matchAll(/^(\w+)=(.*)$/gm)].map(([, property = '', value = '']) => [property, value]));
}

async function read([program = '', ...args]: readonly string[]): Promise<string> {
  const { status, output } = await runQuietly(program, args);
  if (status !== 0) throw new Trouble(`${program} ${args.join(' ')} failed: ${output.trim()}`);
  return output;
}
