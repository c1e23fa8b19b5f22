import { readEnv, withPairs } from './env-text.ts';

test('lines of an .env file are variables', () => {
  const file = `# of the shop\nexport NAME=shop\nQUOTED="a \\"b\\"\nsecond" # not of it\nSINGLE='$5 # kept'\r\nBARE = x y # gone\nEMPTY=\n\nnothing here\n`;
  expect(readEnv(file)).toEqual([
    { name: 'NAME', value: 'shop' },
    { name: 'QUOTED', value: 'a "b"\nsecond' },
    { name: 'SINGLE', value: '$5 # kept' },
    { name: 'BARE', value: 'x y' },
    { name: 'EMPTY', value: '' },
  ]);
  expect(readEnv('no variable')).toBeUndefined();
});

test('a name that is there takes the new value', () => {
  const before = [
    { name: 'A', value: '1' },
    { name: '', value: '' },
  ];
  expect(withPairs(before, [{ name: 'A', value: '2' }])).toEqual([{ name: 'A', value: '2' }]);
});
