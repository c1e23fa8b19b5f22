import { json, stringify } from './replies.ts';

test('BigInts are plain numbers, wherever they stand and however large they are', () => {
  expect(stringify({ plain: 1.5, list: [2n ** 64n - 1n], nested: { small: 0n } })).toBe(
    '{"plain":1.5,"list":[18446744073709551615],"nested":{"small":0}}',
  );
});

test('an answer without one is the same JSON, with the line end that dockerd writes', () => {
  expect(Buffer.from(json(200, { Id: 'é', Missing: undefined, Null: null }).body as Uint8Array).toString()).toBe(
    '{"Id":"é","Null":null}\n',
  );
});

test('what is no JSON is refused in the words of the language', () => {
  const loop: { own?: unknown } = {};
  loop.own = loop;

  expect(() => stringify(loop)).toThrow(TypeError);
});
