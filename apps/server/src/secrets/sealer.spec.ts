import { randomBytes } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { Sealer } from './sealer.ts';

const opened = closedAfterEach();
const place = { table: 'Totp', id: 'a', field: 'secret' };
const value = Buffer.from('a secret of somebody');

async function keyFile(): Promise<string> {
  return join(opened.use(await temporaryDirectory()).path, 'secrets.key');
}

test('what is sealed opens at its place and at no other, and nothing of it is seen', async () => {
  const file = await keyFile();
  const sealer = await Sealer.open(file);
  const sealed = sealer.seal(value, place);

  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(Buffer.from(sealed).includes(value)).toBe(false);
  expect(sealer.seal(value, place)).not.toEqual(sealed);
  expect((await Sealer.open(file)).open(sealed, place)).toEqual(value);
  for (const other of [
    { ...place, id: 'b' },
    { ...place, field: 'x' },
    { table: 'T', id: 'otp', field: 'secret' },
  ])
    expect(() => sealer.open(sealed, other)).toThrow(/cannot be opened/);
});

test('a value with any bit changed or cut off does not open', async () => {
  const sealer = await Sealer.open(await keyFile());
  const sealed = sealer.seal(value, place);

  for (let index = 0; index < sealed.length; index++) {
    const changed = sealed.map((byte, at) => (at === index ? byte ^ 1 : byte));
    expect(() => sealer.open(changed, place)).toThrow(/cannot be opened|does not have/);
    expect(() => sealer.open(sealed.slice(0, index), place)).toThrow(/cannot be opened|does not have/);
  }
});

test('a new key in front seals, and the old one still opens what it sealed', async () => {
  const file = await keyFile();
  const old = (await Sealer.open(file)).seal(value, place);
  await writeFile(file, `${randomBytes(32).toString('base64')}\n${await readFile(file, 'utf8')}`);
  const rotated = await Sealer.open(file);

  expect(rotated.open(old, place)).toEqual(value);
  expect(rotated.seal(value, place).slice(1, 5)).not.toEqual(old.slice(1, 5));
  await writeFile(file, 'short\n');
  await expect(Sealer.open(file)).rejects.toThrow(/line 1 of .* is no key/);
});
