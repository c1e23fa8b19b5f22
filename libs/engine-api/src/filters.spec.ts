import { parseFilters } from './filters.ts';
import { parseQuery, readQuery } from './go-query.ts';

const known = ['label', 'status'];

test.each(['{"label":["a","b=c"]}', '{"label":{"a":true,"b=c":true}}', '{"label":["a","b=c","a"]}'])(
  'the filters %s are the values of a key',
  (text) => {
    expect(parseFilters(text, known)).toEqual(new Map([['label', ['a', 'b=c']]]));
  },
);

test.each(['', '{}', 'null'])('%p is no filter', (text) => {
  if (text === 'null') expect(() => parseFilters(text, known)).toThrow('invalid filter');
  else expect(parseFilters(text, known).size).toBe(0);
});

test.each([
  ['{"colour":["red"]}', "invalid filter 'colour'"],
  ['{"Label":["a"]}', "invalid filter 'Label'"],
  ['{"label":"a"}', 'cannot unmarshal string'],
  ['{"label":{"a":1}}', 'invalid filter'],
  ['{"label":[1]}', 'cannot unmarshal number'],
  ['[]', 'invalid filter'],
  ['{', 'unexpected EOF'],
])('the filters %s are refused: %s', (text, message) => {
  expect(() => parseFilters(text, known)).toThrow(message);
});

test('a query is split as Go splits it', () => {
  expect(parseQuery('a=1&b&a=2&&c=%26+x&=y')).toEqual(
    new Map([
      ['a', ['1', '2']],
      ['b', ['']],
      ['c', ['& x']],
      ['', ['y']],
    ]),
  );
});

test.each([
  ['a=%zz', 'invalid URL escape "%zz"'],
  ['a=%4', 'invalid URL escape "%4"'],
  ['a;b=1', 'invalid semicolon separator in query'],
])('the query %s is refused: %s', (text, message) => {
  expect(() => parseQuery(text)).toThrow(message);
});

test('bytes that are no text do not stop a request', () => {
  expect(parseQuery('a=%ff%41')).toEqual(new Map([['a', ['\ufffdA']]]));
});

test('a parameter that is absent has the value that Go gives it', () => {
  const shape = { flag: 'flag', on: 'flag-on', text: 'text', texts: 'texts', integer: 'integer', filters: 'filters' } as const;

  expect(readQuery(shape, parseQuery(''))).toEqual({ flag: false, on: true, text: '', texts: [], integer: undefined, filters: '' });
  expect(readQuery(shape, parseQuery('flag=1&on=false&text=a&text=b&texts=a&texts=b&integer=-3'))).toMatchObject({
    flag: true,
    on: false,
    text: 'a',
    texts: ['a', 'b'],
    integer: -3,
  });
});
