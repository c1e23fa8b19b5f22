import { processUser } from './process-user.ts';

const files = {
  passwd: 'root:x:0:0::/root:/bin/sh\nwww:x:1000:1000::/:/bin/sh\n',
  group: 'root:x:0:\nwww:x:1000:\nextra:x:7:www\nadded:x:55:\n',
};

test.each([
  ['', [], { uid: 0, gid: 0, additionalGids: [0] }],
  ['www', [], { uid: 1000, gid: 1000, additionalGids: [1000, 7] }],
  ['1000:1000', [], { uid: 1000, gid: 1000, additionalGids: [1000] }],
  ['1000:extra', ['added'], { uid: 1000, gid: 7, additionalGids: [7, 55] }],
  ['4000', ['added'], { uid: 4000, gid: 0, additionalGids: [0, 55] }],
])('the user %j with the groups %j keeps its own group among the additional ones', (text, added, user) => {
  expect(processUser(text, files, added)).toEqual(user);
});

test.each(['nobody', 'www:nogroup', '-1', '9999999999', '0:0:0'])('the user %j that is nowhere is refused by name', (text) => {
  expect(() => processUser(text, files)).toThrow(expect.objectContaining({ code: 'invalid' }) as Error);
});
