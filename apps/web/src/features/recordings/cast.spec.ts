import { findInCast, parseCast, sizeOf } from './cast.ts';

const written = [
  '{"version":2,"width":100,"height":30,"timestamp":1796040000,"title":"ada @ web"}',
  '[0.1,"o","\\u001b[32m$ \\u001b[0mls -l\\r\\n"]',
  '[1.5,"r","132x50"]',
  '[2.25,"o","pass\\u001b[1mword.t"]',
  '[2.5,"o","xt\\r\\nnotes\\r\\n"]',
  '[3,"m","the end"]',
  '[3.5,"o","cut o',
].join('\n');

test('a recording is read with its size, its events and their times; a last line that was cut off is left out', () => {
  const cast = parseCast(written);

  expect(cast).toMatchObject({ columns: 100, rows: 30, durationMs: 3000 });
  expect(cast.events.map(({ kind, atMs }) => [kind, atMs])).toEqual([
    ['output', 100],
    ['size', 1500],
    ['output', 2250],
    ['output', 2500],
    ['mark', 3000],
  ]);
  expect(cast.events[1] && sizeOf(cast.events[1])).toEqual({ columns: 132, rows: 50 });
  expect(parseCast('')).toEqual({ title: '', columns: 80, rows: 24, durationMs: 0, events: [] });
});

test('a text is found over colours and pieces, when its last letter was shown, with the line around it', () => {
  const cast = parseCast(written);

  expect(findInCast(cast, 'PASSWORD.txt')).toEqual([{ atMs: 2500, line: 'password.txt' }]);
  expect(findInCast(cast, '$ ls')).toEqual([{ atMs: 100, line: '$ ls -l' }]);
  expect(findInCast(cast, '[32m')).toEqual([]);
  expect(findInCast(cast, ' ')).toEqual([]);
});
