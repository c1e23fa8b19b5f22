import { Failure } from '@gantry/base';
import { AttachHub } from './attach-hub.ts';

const failing = (code: 'not-found' | 'unavailable') => (): never => {
  throw new Failure(code, 'cannot connect');
};

test('a client that comes when the monitor is gone already waits for the end of the run, which is soon noticed', async () => {
  const hub = new AttachHub();
  hub.beginRun(failing('not-found'));
  const client = hub.attach();

  await hub.endRun();

  expect(await Array.fromAsync(client.output)).toEqual([]);
});

test('a monitor that cannot be reached for another reason is an error, and nobody is left attached', () => {
  const hub = new AttachHub();
  hub.beginRun(failing('unavailable'));

  expect(() => hub.attach()).toThrow('cannot connect');
  expect(hub.hasClients).toBe(false);
});
