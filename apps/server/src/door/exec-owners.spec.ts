import { ExecOwners } from './exec-owners.ts';

const ada = { userId: 'ada', signal: new AbortController().signal };
const gone = { userId: 'ada', signal: AbortSignal.abort() };

test('who asks after a terminal of a host that has just come back waits until it is known whose it is', async () => {
  const owners = new ExecOwners();
  await owners.settled('h', ada);
  const { promise, resolve } = Promise.withResolvers<undefined>();
  owners.learn('h', promise);
  let isSettled = false;
  const waiting = owners.settled('h', ada).then(() => (isSettled = true));
  await Promise.resolve();
  expect(isSettled).toBe(false);
  resolve(undefined);
  await waiting;
  await owners.settled('h', gone);
});

test('nobody waits who has gone, and of each person no more than there is memory for', async () => {
  const owners = new ExecOwners();
  owners.learn('h', new Promise(() => undefined));
  const leaving = new AbortController();
  const waiting = Array.from({ length: 64 }, () => owners.settled('h', { userId: 'ada', signal: leaving.signal }));
  const outcomes = Promise.allSettled(waiting);

  await expect(owners.settled('h', ada)).rejects.toMatchObject({ code: 'unavailable' });
  const other = owners.settled('h', { userId: 'ben', signal: leaving.signal });
  other.catch(() => undefined);
  leaving.abort(new Error('gone'));
  expect((await outcomes).map(({ status }) => status)).toEqual(waiting.map(() => 'rejected'));
  await expect(owners.settled('h', { userId: 'ada', signal: AbortSignal.abort(new Error('gone')) })).rejects.toThrow('gone');
});

test('a host that does not say keeps nobody waiting for ever', async () => {
  const owners = new ExecOwners();
  owners.learn('h', new Promise(() => undefined));
  await expect(owners.settled('h', ada, 5)).rejects.toMatchObject({ code: 'unavailable' });
});
