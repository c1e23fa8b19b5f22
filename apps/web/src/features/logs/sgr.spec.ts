import { parseSgr, plainText } from './sgr.ts';

test('a line without escapes is one span, the same string', () => {
  expect(parseSgr('hello')).toEqual([{ text: 'hello' }]);
});

test('colours and styles begin and end where the sequences say', () => {
  expect(parseSgr('a \x1b[1;31mred\x1b[0m b')).toEqual([
    { text: 'a ' },
    { text: 'red', colour: 'var(--ansi-1)', isBold: true },
    { text: ' b' },
  ]);
});

test.each([
  ['bright colours', '\x1b[92mx', 'var(--ansi-10)'],
  ['indexed colours below 16 are the tokens', '\x1b[38;5;3mx', 'var(--ansi-3)'],
  ['the colour cube', '\x1b[38;5;196mx', 'rgb(255 0 0)'],
  ['the grey ramp', '\x1b[38;5;232mx', 'rgb(8 8 8)'],
  ['true colours, clamped', '\x1b[38;2;300;16;7mx', 'rgb(255 16 7)'],
  ['colons in place of semicolons', '\x1b[38:5:2mx', 'var(--ansi-2)'],
])('%s', (_, line, colour) => {
  expect(parseSgr(line)).toEqual([{ text: 'x', colour }]);
});

test('inverse swaps colour and background', () => {
  expect(parseSgr('\x1b[7;32mx')).toEqual([{ text: 'x', colour: 'var(--panel)', background: 'var(--ansi-2)' }]);
});

test.each([
  ['a window title', '\x1b]0;owned\x07safe'],
  ['a clipboard write', '\x1b]52;c;aGk=\x1b\\safe'],
  ['a link', '\x1b]8;;javascript:alert(1)\x1b\\safe\x1b]8;;\x1b\\'],
  ['cursor movement', '\x1b[2J\x1b[1;1Hsafe'],
  ['a device request', '\x1bP$qm\x1b\\safe'],
  ['control characters', '\x00s\x08afe\x7f'],
])('%s leaves nothing but the text', (_, line) => {
  expect(
    parseSgr(line)
      .map(({ text }) => text)
      .join(''),
  ).toBe('safe');
  expect(plainText(line)).toBe('safe');
});

test('the texts of the spans are the plain text, whatever the bytes are', () => {
  const alphabet = ['\x1b', '[', ']', 'm', '3', '8', ';', '5', 'a', '\x07', '\\', 'P', '0', '订', '\t'];
  let state = 1;
  for (let round = 0; round < 3000; round++) {
    const line = Array.from({ length: 24 }, () => alphabet[(state = (state * 48_271) % 2_147_483_647) % alphabet.length]).join('');
    expect(
      parseSgr(line)
        .map(({ text }) => text)
        .join(''),
    ).toBe(plainText(line));
  }
});

test('a line of escapes only is no text at all', () => {
  expect(parseSgr('\x1b[0m\x1b[31m')).toEqual([]);
});
