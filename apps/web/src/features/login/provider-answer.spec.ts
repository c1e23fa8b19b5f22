import { readFileSync } from 'node:fs';
import { refusalReasons } from '@gantry/contract';
import { askingName, placeToAsk, refusalKey } from './provider-answer.ts';

test('there is a sentence for every reason that the server knows', () => {
  const { refusal } = JSON.parse(readFileSync(new URL('../../i18n/sso.en.json', import.meta.url), 'utf8')) as {
    refusal: Record<string, string>;
  };
  expect(Object.keys(refusal).sort()).toEqual([...refusalReasons].sort());
});

test('what stands in an address is looked at before it is believed', () => {
  expect(refusalKey('used-code')).toBe('refusal.used-code');
  for (const strange of [undefined, null, '', ['denied'], 'Call 555', '<b>']) expect(refusalKey(strange as string)).toBeUndefined();
  expect(askingName({ code: 'mia' })).toBe('mia');
  for (const code of [undefined, null, '', ['mia']]) expect(askingName({ code } as Record<string, string>)).toBeUndefined();
  expect(placeToAsk('/hosts?q=a#b')).toBe('/hosts?q=a#b');
  for (const elsewhere of ['//evil.example', '/\\evil', 'https://evil.example', '/a b', undefined, ['/a']])
    expect(placeToAsk(elsewhere as string)).toBeUndefined();
});
