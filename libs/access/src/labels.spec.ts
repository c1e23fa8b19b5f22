import { formatSelector, parseSelector, selects, selectsAllOf } from './labels.ts';

test.each(['team=web', 'team=web,env!=prod', 'team==web', ' team = web , env != prod', 'com.example/role=a.b:c@d'])(
  '%j is a selector',
  (text) => {
    const selector = parseSelector(text);

    expect(parseSelector(formatSelector(selector))).toEqual(selector);
  },
);

test.each(['', ',', 'team', '!team', 'env!=prod', 'team=web,', 'team in (a,b)', '=web', 'te am=web', 'team=<script>', 'a=1,'.repeat(17)])(
  '%j is no selector',
  (text) => {
    expect(() => parseSelector(text)).toThrow(/selector/);
  },
);

test('a selector means labels for which all its terms hold; an inherited property is no label', () => {
  expect(selects(parseSelector('team=web,env!=prod'), { team: 'web' })).toBe(true);
  expect(selects(parseSelector('team=web,env!=prod'), { team: 'web', env: 'prod' })).toBe(false);
  expect(selects(parseSelector('constructor=x'), {})).toBe(false);
  expect(selects([], { team: 'web' })).toBe(false);
});

test('where only some labels are known, what a selector excludes has to be seen to be something else', () => {
  const selector = parseSelector('team=web,env!=prod');

  expect(selects(selector, { team: 'web' }, true)).toBe(false);
  expect(selects(selector, { team: 'web', env: 'dev' }, true)).toBe(true);
});

test.each([
  ['team=web', 'team=web', true],
  ['team=web', 'team=web,env=dev', true],
  ['team=web,env!=prod', 'team=web,env=dev', true],
  ['team=web,env!=prod', 'team=web,env!=prod', true],
  ['team=web,env!=prod', 'team=web', false],
  ['team=web,env!=prod', 'team=web,env=prod', false],
  ['team=web,env=dev', 'team=web', false],
  ['team=web', 'team=db', false],
])('%s selects all that %s selects: %s', (wide, narrow, isAll) => {
  expect(selectsAllOf(parseSelector(wide), parseSelector(narrow))).toBe(isAll);
});
