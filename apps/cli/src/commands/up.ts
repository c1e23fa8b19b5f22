import type { Command } from '../command-line.ts';
import { environmentOf, localJoinCodeFile, readSettings, type Settings } from '../config.ts';
import { choosePort } from '../machine/port.ts';
import { greeting, wordsOf } from '../parts/announce.ts';
import { keep, type Kept } from '../parts/keep.ts';
import { endLeftovers, forgetPart, recordPart } from '../parts/leftovers.ts';
import { orderToStop, type PartEvent } from '../parts/part.ts';
import { say } from '../say.ts';
import { Trouble } from '../trouble.ts';
import { choosing, roots, serving } from './flags.ts';
import { prepareAgent, tellPlan } from './prepare.ts';

export const up: Command = {
  summary: "make this machine ready, then run the server and this host's agent",
  flags: { ...serving, ...choosing, ...roots, 'no-install': { help: 'only say what would be installed and built' } },
  explanation: 'The first time it installs what is missing and builds; it says so. Ctrl-C stops both parts and leaves containers running.',
  run: async ({ flags }) => {
    const settings = readSettings(flags);
    refuseUnsafe(settings);
    if (!settings.mayInstall) return tellPlan(settings);
    await endLeftovers(settings);
    // Chosen once: a server that is started again is where its agent looks for it.
    const port = await choosePort(settings.port, settings.listen);
    const enginePort = settings.enginePort === 'off' ? 'off' : await choosePort(settings.enginePort, settings.listen, '--engine-port');
    const engine = await prepareAgent(settings);
    return runBoth({ ...settings, port, enginePort }, engine);
  },
};

/** Passwords and cookies never cross a network in the clear; behind a proxy only its address is that of our own pages. */
export function refuseUnsafe({ tls, isBehindProxy, listen, url }: Settings): void {
  if (isBehindProxy && url === undefined) throw new Trouble('--behind-proxy needs --url, the address at which browsers reach the proxy', 2);
  const isLoopback = listen !== undefined && /^(localhost|127\.[\d.]+|::1)$/.test(listen);
  if (tls === 'on' || isBehindProxy || isLoopback) return;
  throw new Trouble('--tls off sends passwords in the clear: it needs --listen 127.0.0.1, or --behind-proxy where a proxy serves https');
}

async function runBoth(settings: Settings, engine: 'native' | 'docker'): Promise<number> {
  const ordered = orderToStop();
  const kept: Kept[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(kept.map((part) => part.stop()));
    for (const name of ['server', 'agent'] as const) forgetPart(settings, name);
  };
  const codeFile = localJoinCodeFile(settings);
  try {
    const listening = Promise.withResolvers<PartEvent>();
    const server = keep(
      { name: 'server', args: [], environment: environmentOf(settings, { GANTRY_LOCAL_JOIN_CODE_FILE: codeFile }) },
      {
        isUp: ({ event }) => event === 'listening',
        hear: (event) => {
          if (event.event === 'listening') listening.resolve(event);
          else pass('server', event);
        },
        onStart: (pid) => recordPart(settings, 'server', pid),
      },
    );
    kept.push(server);
    const isUp = await Promise.race([server.up.then(() => true), ordered.then(() => false)]);
    if (!isUp) return 0;
    const event = await listening.promise;
    const { url } = event;
    const environment = environmentOf(settings, { GANTRY_SERVER_URL: typeof url === 'string' ? url : '' });
    kept.push(
      keep(
        { name: 'agent', engine, args: ['--code-file', codeFile], environment },
        { isUp: isOpen, hear: (heard) => pass('agent', heard), onStart: (pid) => recordPart(settings, 'agent', pid) },
      ),
    );
    say(greeting(event, 'Ctrl-C stops Gantry; containers go on.'));
    await Promise.race([ordered, ...kept.map((part) => part.ended)]);
    return 0;
  } finally {
    await stop();
  }
}

export function isOpen({ event }: PartEvent): boolean {
  return event === 'engine-open';
}

export function pass(part: string, event: PartEvent): void {
  const words = wordsOf(part, event);
  if (words !== undefined) say(words);
}
