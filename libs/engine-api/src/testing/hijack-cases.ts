/* eslint-disable max-lines-per-function -- a spec in all but its name: one test per case */
import { type CaseDoor, until } from './transport-cases.ts';

const host = 'Host: docker';
const upgrade = ['Connection: Upgrade', 'Upgrade: tcp'];

/** The same for connections that an engine takes over. */
export function hijackCases(open: () => Promise<CaseDoor>): void {
  test('attach without an Upgrade header gets 200 and raw bytes both ways', async () => {
    const raw = await (await open()).client();
    await raw.sendHead('POST /attach HTTP/1.1', host);
    await raw.send('typed before the answer ');
    const head = await raw.readHead();
    expect(head.line).toBe('HTTP/1.1 200 OK');
    expect(head.headers.get('content-type')).toBe('application/vnd.docker.raw-stream');
    expect(head.headers.has('content-length') || head.headers.has('transfer-encoding')).toBe(false);
    await raw.send('and after');
    await raw.halfClose();
    expect((await raw.readToEnd()).toString()).toBe('typed before the answer and after<input ended>');
  });

  test.each(['tcp', 'h2c'])('Upgrade: %s gets 101', async (name) => {
    const raw = await (await open()).client();
    await raw.sendHead('POST /attach HTTP/1.1', host, 'Connection: Upgrade', `Upgrade: ${name}`);
    const head = await raw.readHead();
    expect(head.line).toBe('HTTP/1.1 101 UPGRADED');
    expect(head.headers.get('upgrade')).toBe(name);
    await raw.send('hello');
    expect((await raw.read(5)).toString()).toBe('hello');
  });

  test('the declared body and the bytes after it stay apart, by length', async () => {
    const raw = await (await open()).client();
    await raw.send(`POST /body-then-attach HTTP/1.1\r\n${host}\r\n${upgrade.join('\r\n')}\r\nContent-Length: 13\r\n\r\n{"Tty":false}ls\n`);
    expect((await raw.readHead()).status).toBe(101);
    expect((await raw.read(18)).toString()).toBe('[{"Tty":false}]ls\n');
  });

  test('the declared body and the bytes after it stay apart, by chunks', async () => {
    const raw = await (await open()).client();
    await raw.sendHead('POST /body-then-attach HTTP/1.1', host, ...upgrade, 'Transfer-Encoding: chunked');
    await raw.send('2\r\n{}\r\n0\r\n\r\n0\r\n\r\nnot chunks');
    expect((await raw.readHead()).status).toBe(101);
    expect((await raw.read(19)).toString()).toBe('[{}]0\r\n\r\nnot chunks');
  });

  test('a body that the engine does not read is never typed into the container', async () => {
    const { client, seen } = await open();
    const raw = await client();
    await raw.sendHead('POST /attach HTTP/1.1', host, ...upgrade, 'Content-Length: 9');
    await raw.send('{"a":"b"}typed');
    await raw.readHead();
    expect((await raw.read(5)).toString()).toBe('typed');
    expect(seen.received.get('/attach')).toBe('typed');
  });

  test('input goes on after the output has ended', async () => {
    const { client, seen } = await open();
    const raw = await client();
    await raw.sendHead('POST /sink HTTP/1.1', host, ...upgrade);
    await raw.readHead();
    expect((await raw.readToEnd()).toString()).toBe('ready');
    await raw.send('late ');
    await new Promise((resolve) => setTimeout(resolve, 50));
    await raw.send('stdin');
    await raw.halfClose();
    await until(() => seen.received.has('/sink'), 'the input');
    expect(seen.received.get('/sink')).toBe('late stdin');
  });

  test('output goes on after the input has ended, and ends when the client is gone', async () => {
    const { client, seen } = await open();
    const raw = await client();
    await raw.sendHead('POST /no-stdin HTTP/1.1', host, ...upgrade);
    await raw.halfClose();
    await raw.readTo('\n30\n');
    raw.socket.destroy();
    await until(() => seen.ended.has('/no-stdin'), 'the end of the output');
  });

  test('a client that goes away ends input and output', async () => {
    const { client, seen } = await open();
    const raw = await client();
    await raw.sendHead('POST /attach HTTP/1.1', host, ...upgrade);
    await raw.readHead();
    raw.socket.destroy();
    await until(() => seen.ended.has('/attach'), 'the end of the output');
  });

  test('an error of the engine is an ordinary answer on an ordinary connection', async () => {
    const raw = await (await open()).client();
    await raw.sendHead('POST /refuse HTTP/1.1', host, ...upgrade);
    expect((await raw.readAnswer()).status).toBe(409);
    await raw.sendHead('GET /small HTTP/1.1', host);
    expect((await raw.readAnswer()).status).toBe(200);
  });
}
