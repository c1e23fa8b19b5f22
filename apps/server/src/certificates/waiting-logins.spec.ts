import 'reflect-metadata';
import { closedAfterEach } from '@gantry/base/testing';
import { SessionsService } from '../sessions/sessions.service.ts';
import { WaitingLogins } from './waiting-logins.ts';

const opened = closedAfterEach();

function openWaiting(): { waiting: WaitingLogins; ask: (address: string) => string } {
  const waiting = new WaitingLogins(Object.create(SessionsService.prototype) as SessionsService);
  opened.defer(() => waiting.onModuleDestroy());
  return { waiting, ask: (address) => waiting.add({ request: 'a key', name: 'laptop', address }).code };
}

test('the addresses of one /64 have the places of one between them, and one that was answered takes none', () => {
  const { waiting, ask } = openWaiting();
  const codes = Array.from({ length: 10 }, (_, number) => ask(`2001:db8:0:1::${number}`));

  expect(() => ask('2001:db8:0:1:ffff::1')).toThrow('too many machines wait');
  expect(() => ask('2001:db8:0:2::1')).not.toThrow();
  const answered = waiting.find(codes[3] ?? '');
  if (answered) answered.outcome = { state: 'refused' };
  expect(() => ask('2001:db8:0:1:ffff::1')).not.toThrow();
  expect(() => ask('2001:db8:0:1:ffff::1')).toThrow('too many machines wait');
});

test('where all places are taken, the oldest of those who have most of them makes room', () => {
  const { waiting, ask } = openWaiting();
  const honest = ask('198.51.100.1');
  const greedy = Array.from({ length: 490 }, (_, number) => ask(`2001:db8:0:${Math.floor(number / 10)}::1`));
  const few = Array.from({ length: 9 }, (_, number) => ask(`192.0.2.${number}`));
  const late = ask('203.0.113.1');

  expect(waiting.find(greedy[0] ?? '')).toBeUndefined();
  for (const code of [honest, ...greedy.slice(1), ...few, late]) expect(waiting.find(code)).toBeDefined();
});
