import type { FleetEvent } from '@gantry/contract';
import type { ShownState } from '../../fleet/state.ts';
import { type MessageKey, text } from '../../i18n/i18n.ts';

const words: Partial<Record<string, readonly [ShownState, MessageKey]>> = {
  create: ['created', 'events.created'],
  start: ['running', 'events.started'],
  restart: ['moving', 'events.restarted'],
  stop: ['exited', 'events.stopped'],
  kill: ['exited', 'events.killed'],
  oom: ['failed', 'events.outOfMemory'],
  pause: ['paused', 'events.paused'],
  unpause: ['running', 'events.resumed'],
  destroy: ['exited', 'events.removed'],
  rename: ['running', 'events.renamed'],
  pull: ['moving', 'events.pulled'],
  load: ['moving', 'events.loaded'],
};

/** An engine event in words; undefined for what nobody wants to read (exec starts, network plumbing, each signal of a stop). */
export function eventWords(event: FleetEvent): { state: ShownState; said: string } | undefined {
  if (event.type !== 'container' && event.type !== 'image') return undefined;
  if (event.action === 'die') {
    const code = event.exitCode ?? 0;
    return { state: code === 0 ? 'exited' : 'failed', said: text('events.ended', { code }) };
  }
  if (event.action.startsWith('health_status')) {
    const isHealthy = event.action.endsWith(': healthy');
    return { state: isHealthy ? 'running' : 'unhealthy', said: text(isHealthy ? 'events.healthy' : 'events.unhealthy') };
  }
  const found = words[event.action];
  return found && { state: found[0], said: text(found[1]) };
}
