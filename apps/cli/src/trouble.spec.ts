import { mkdirSync } from 'node:fs';
import { Trouble, troubleOf } from './trouble.ts';

test('what the system refuses is one sentence, a mistake of ours stays one', () => {
  const wrong = new Trouble('the words were wrong', 2);
  const refused = Object.assign(new Error("EACCES: permission denied, mkdir '/x'"), { code: 'EACCES', syscall: 'mkdir' });

  expect(troubleOf(wrong)).toBe(wrong);
  expect(troubleOf(refused)).toMatchObject({ status: 1, message: "EACCES: permission denied, mkdir '/x': run it as root, or with sudo" });
  expect(troubleOf(thrownBy(() => mkdirSync('/proc/no/such')))).toMatchObject({
    message: expect.stringContaining('/proc/no/such') as string,
  });
  expect(troubleOf(new TypeError('undefined is not a function'))).toBeUndefined();
});

function thrownBy(work: () => unknown): unknown {
  try {
    return work();
  } catch (thrown) {
    return thrown;
  }
}
