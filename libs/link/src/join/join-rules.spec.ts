import { Admission } from './admission.ts';
import { reconnectDelayMs } from './backoff.ts';
import { formatJoinCode, hashSecret, makeJoinCode, parseJoinCode } from './join-code.ts';
import { Places } from './places.ts';
import { Failure } from '@gantry/base';

const pin = 'p'.repeat(43);

test('a join code survives being copied with blanks around it', () => {
  const code = makeJoinCode(pin);

  expect(parseJoinCode(`  ${formatJoinCode(code)}\n`)).toEqual(code);
  expect(hashSecret(code.secret)).not.toContain(code.secret);
});

test('what is no join code is refused without being repeated', () => {
  expect(() => parseJoinCode('secret-in-wrong-place')).toThrow(/not a join code/);
  expect(() => parseJoinCode('secret-in-wrong-place')).not.toThrow(/secret-in/);
});

test('waiting to reconnect is spread below a ceiling of 10 s in the first minute and of 60 s later', () => {
  const at = (sinceMs: number, attempt: number, random: number): number => reconnectDelayMs({ sinceMs, attempt, random: () => random });

  expect([at(0, 0, 0), at(0, 0, 1), at(5000, 2, 1), at(30_000, 9, 1)]).toEqual([0, 1000, 4000, 10_000]);
  expect(at(70_000, 20, 1)).toBe(15_000);
  expect(at(3_600_000, 500, 1)).toBe(60_000);
});

test('the wait that the server asked for is the least', () => {
  expect(reconnectDelayMs({ sinceMs: 0, attempt: 0, retryAfterMs: 7000, random: () => 0.5 })).toBe(7500);
});

test('so many are admitted per second, the others get places in line', () => {
  let nowMs = 0;
  const admission = new Admission(2, () => nowMs);
  const ask = (): unknown => {
    try {
      return admission.enter();
    } catch (thrown) {
      return Failure.from(thrown).details.retryAfterMs;
    }
  };

  expect([ask(), ask()]).toEqual([undefined, undefined]);
  expect([ask(), ask()]).toEqual([1000, 1500]);
  nowMs = 600;
  expect(ask()).toBeUndefined();
});

test('a restart of the agent is no second place', () => {
  const places = new Places(() => 0);

  expect(places.isAlternating('a', { from: 'one', to: 'two', silenceMs: 0 })).toBe(false);
  expect(places.isAlternating('a', { from: 'two', to: 'three', silenceMs: 0 })).toBe(false);
});

test('a process that was replaced and comes back is a second place', () => {
  const places = new Places(() => 0);
  places.isAlternating('a', { from: 'one', to: 'two', silenceMs: 0 });

  expect(places.isAlternating('a', { from: 'two', to: 'one', silenceMs: 0 })).toBe(true);
});

test('a process that reconnects over a dead link is no second place, however often; over live ones it is', () => {
  const places = new Places(() => 0);
  const again = (silenceMs: number): boolean[] =>
    Array.from({ length: 10 }, () => places.isAlternating('a', { from: 'one', to: 'one', silenceMs }));

  expect(again(20_000)).not.toContain(true);
  expect(again(100)).toContain(true);
});
