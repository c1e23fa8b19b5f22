import { Failure } from '@gantry/base';
import { digestOf } from '@gantry/oci';
import { GrowingTar, GrowingTarReader } from './growing-tar.ts';

const digest = digestOf('all of it');

const codeOf = (work: () => unknown): string => {
  try {
    work();
    return 'none';
  } catch (thrown) {
    return Failure.from(thrown).code;
  }
};

test('a reader learns how much is there, and at the end the size and the digest', () => {
  const tar = new GrowingTar();
  const reader = new GrowingTarReader(tar.memory);
  tar.grow(7);
  expect(reader.grownBeyond(0)).toBe(7);
  tar.grow(5_000_000_000);
  expect(reader.grownBeyond(7)).toBe(5_000_000_000);
  tar.complete(digest);
  expect(reader.grownBeyond(5_000_000_000)).toBe(5_000_000_000);
  expect(reader.digest()).toBe(digest);
});

test('what is given up is read no further, complete or not', () => {
  for (const isComplete of [false, true]) {
    const tar = new GrowingTar();
    tar.grow(7);
    if (isComplete) tar.complete(digest);
    tar.giveUp();
    tar.complete(digest);
    expect(codeOf(() => new GrowingTarReader(tar.memory).grownBeyond(0))).toBe('cancelled');
  }
});

test('a reader does not wait for ever for a writer that stands still', () => {
  const tar = new GrowingTar();
  tar.grow(7);
  expect(codeOf(() => new GrowingTarReader(tar.memory, 5).grownBeyond(7))).toBe('unavailable');
});
