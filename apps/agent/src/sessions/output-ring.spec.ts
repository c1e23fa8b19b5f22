import { OutputRing } from './output-ring.ts';

const read = (ring: OutputRing, from: number, most = 1000): string => Buffer.from(ring.read(from, most)).toString();

test('the last bytes stay, at their offsets from the beginning, however they come', () => {
  const ring = new OutputRing(8);
  let whole = '';
  for (const piece of ['abc', 'defgh', 'ij', '', 'k', 'lmnopqrstuvwxyz', '0123']) {
    ring.append(Buffer.from(piece));
    whole += piece;
    expect([ring.start, ring.end]).toEqual([Math.max(0, whole.length - 8), whole.length]);
    expect(read(ring, ring.start)).toBe(whole.slice(-8));
    expect(read(ring, ring.end)).toBe('');
    if (whole.length >= 8) expect(read(ring, ring.start + 2, 3)).toBe(whole.slice(-6, -3));
  }
});

test('whoever has seen nothing begins at the first byte, and where that is lost behind a line end', () => {
  const ring = new OutputRing(10);
  ring.append(Buffer.from('one\n'));
  expect(ring.cleanStart).toBe(0);
  ring.append(Buffer.from('two\nthree\n'));
  expect([ring.start, read(ring, ring.cleanStart)]).toEqual([4, 'three\n']);
  ring.append(Buffer.from('x'.repeat(20)));
  expect(ring.cleanStart).toBe(ring.start);
});
