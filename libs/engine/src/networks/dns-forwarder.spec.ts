import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { closedAfterEach } from '@gantry/base/testing';
import { forward } from './dns-forwarder.ts';
import { parseQuery } from './dns-message.ts';

const opened = closedAfterEach();
const question = Buffer.from('123401000001000000000000046e616d650000010001', 'hex');

/** A server that says what it hears. */
async function echo(): Promise<string> {
  const socket = createSocket('udp4');
  socket.on('message', (message, from) => socket.send(message, from.port, from.address)).bind(0, '127.0.0.1');
  await once(socket, 'listening');
  opened.defer(() => void socket.close());
  return `127.0.0.1#${socket.address().port}`;
}

test('a server to which no way leads from here is passed over', async () => {
  const query = parseQuery(question);
  if (!query) throw new Error('it is a question');
  // The kernel refuses to connect to a broadcast address as it does where there is no route.
  const unreachable = '255.255.255.255';

  expect(await forward(query, [unreachable, await echo()], 'udp')).toEqual(question);
  expect(await forward(query, [unreachable], 'udp')).toBeUndefined();
});
