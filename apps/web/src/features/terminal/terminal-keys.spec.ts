import { sequenceOf, withControl } from './terminal-keys.ts';

test('arrows follow the mode that the program asked for', () => {
  expect([sequenceOf('up', false), sequenceOf('up', true), sequenceOf('left', false)]).toEqual(['\x1b[A', '\x1bOA', '\x1b[D']);
  expect([sequenceOf('escape', true), sequenceOf('tab', false)]).toEqual(['\x1b', '\t']);
});

test('Ctrl makes a control character of a letter and of nothing else', () => {
  expect(['c', 'D', '[', '1', 'ls', '中'].map(withControl)).toEqual(['\x03', '\x04', '\x1b', '1', 'ls', '中']);
});
