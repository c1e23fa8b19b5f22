import { DetachKeys, detachSequence } from './detach-keys.ts';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const typed = (value: string): Uint8Array => Buffer.from(value, 'latin1');

test('the sequence is found over the borders of packets and never reaches the process', () => {
  const keys = new DetachKeys(detachSequence(''));

  expect(keys.feed(typed('ab\x10'))).toMatchObject({ isDetached: false });
  expect(keys.feed(typed('\x11rest')).isDetached).toBe(true);
});

test('a beginning that turns out to be something else is passed on', () => {
  const keys = new DetachKeys(detachSequence(''));
  keys.feed(typed('\x10'));

  expect(text(keys.feed(typed('x')).bytes)).toBe('\x10x');
});

test('an unknown key is refused', () => {
  expect(() => detachSequence('ctrl-ä')).toThrow('Invalid detach keys (ctrl-ä) provided');
});
