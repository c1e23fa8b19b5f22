import { MergedLog } from './merged-log.ts';
import { readLine } from './read-line.ts';

const line = (atMs: number, text: string) => ({ atMs, text, isError: false });
const texts = (log: MergedLog): string[] => log.slice(0, log.shown).map(({ text }) => text);

test('lines of many containers stand in the order of their times, however late they come in', () => {
  const log = new MergedLog();
  log.add(0, [line(10, 'a10'), line(30, 'a30')]);
  log.add(1, [line(20, 'b20'), line(30, 'b30'), line(40, 'b40')]);
  log.add(0, [line(5, 'a5'), line(35, 'a35')]);
  expect(texts(log)).toEqual(['a5', 'a10', 'b20', 'a30', 'b30', 'a35', 'b40']);
  expect(log.slice(log.indexAt(30), log.indexAt(31)).map(({ source }) => source)).toEqual([0, 1]);
});

test('a filter by words, pattern and level holds for what is there and for what comes', () => {
  const log = new MergedLog();
  log.add(0, [line(1, 'ERROR upstream timed out'), line(2, 'INFO ready'), line(3, '{"level":50,"msg":"boom","order":88213}')]);
  log.filter({ wanted: '', levels: ['error'] });
  expect(texts(log)).toEqual(['upstream timed out', 'boom']);
  log.filter({ wanted: 'ERROR up', levels: [] });
  expect(texts(log)).toEqual(['upstream timed out']);
  log.filter({ wanted: '/order=\\d+/', levels: [] });
  log.add(1, [line(4, '{"level":"info","msg":"paid","order":7}'), line(5, 'nothing')]);
  expect(texts(log)).toEqual(['boom', 'paid']);
  log.filter({ wanted: '/(/', levels: [] });
  expect([log.shown, log.total]).toEqual([5, 5]);
});

test('of more lines than are kept the oldest go, and it is told how many', () => {
  const log = new MergedLog(3);
  log.filter({ wanted: 'x', levels: [] });
  log.add(
    0,
    [1, 2, 3, 4, 5].map((at) => line(at, at % 2 ? `x${at}` : `y${at}`)),
  );
  expect([log.total, log.dropped, texts(log)]).toEqual([3, 2, ['x3', 'x5']]);
});

test('lines that were skipped are told where they would have stood, to every filter', () => {
  const log = new MergedLog();
  log.add(1, [line(10, 'b10'), line(40, 'b40')]);
  log.add(0, [line(20, 'a20'), { atMs: undefined, isError: false, text: '', skipped: 7 }, line(50, 'a50')]);
  log.add(0, [{ atMs: undefined, isError: false, text: '', skipped: 2 }]);
  log.add(1, [line(45, 'b45')]);
  const said = () => log.slice(0, log.shown).map(({ text, source, skipped }) => (skipped ? `${source}: ${skipped} skipped` : text));
  expect(said()).toEqual(['b10', 'a20', '0: 7 skipped', 'b40', 'b45', 'a50', '0: 2 skipped']);
  log.filter({ wanted: 'b4', levels: [] });
  expect(said()).toEqual(['0: 7 skipped', 'b40', 'b45', '0: 2 skipped']);
});

test.each([
  ['2026-01-05 10:00:00 WARN slow query', 'warn', '2026-01-05 10:00:00 WARN slow query', ''],
  ['[error] broken', 'error', 'broken', ''],
  ['ts=1 level=debug msg="x"', 'debug', 'ts=1 level=debug msg="x"', ''],
  ['WARN: low', 'warn', 'low', ''],
  ['GET /healthz 200', undefined, 'GET /healthz 200', ''],
  ['{"severity":"WARNING","message":"low","ts":1,"disk":"sda","left":{"gb":2}}', 'warn', 'low', 'disk=sda left={"gb":2}'],
  ['{"a":1}', undefined, 'a=1', ''],
  ['{broken', undefined, '{broken', ''],
] as const)('%s is read as it is meant', (plain, ...[level, text, fields]) => {
  expect(readLine(plain)).toEqual({ level, text, fields });
});
