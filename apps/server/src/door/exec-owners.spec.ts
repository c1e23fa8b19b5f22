import { ExecOwners } from './exec-owners.ts';

const never = new AbortController().signal;

test('who asks after a terminal of a host that has just come back waits until it is known whose it is', async () => {
  const owners = new ExecOwners();
  await owners.settled('h', never);
  const { promise, resolve } = Promise.withResolvers<undefined>();
  owners.learn('h', promise);
  let isSettled = false;
  const waiting = owners.settled('h', never).then(() => (isSettled = true));
  await Promise.resolve();
  expect(isSettled).toBe(false);
  resolve(undefined);
  await waiting;
  await owners.settled('h', AbortSignal.abort());
});

test('nobody waits who has gone, and no more than there is memory for', async () => {
  const owners = new ExecOwners();
  owners.learn('h', new Promise(() => undefined));
  const leaving = new AbortController();
  const waiting = Array.from({ length: 200 }, () => owners.settled('h', leaving.signal));
  const outcomes = Promise.allSettled(waiting);

  await expect(owners.settled('h', never)).rejects.toMatchObject({ code: 'exhausted' });
  leaving.abort(new Error('gone'));
  expect((await outcomes).map(({ status }) => status)).toEqual(waiting.map(() => 'rejected'));
  await expect(owners.settled('h', AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
});

test('a host that does not say keeps nobody waiting for ever', async () => {
  const owners = new ExecOwners();
  owners.learn('h', new Promise(() => undefined));
  await expect(owners.settled('h', never, 5)).rejects.toMatchObject({ code: 'unavailable' });
});
