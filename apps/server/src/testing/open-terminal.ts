import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { eventually } from '@gantry/base/testing';
import { browserNamespace } from '@gantry/contract';
import { type Bytes, engineClient } from '@gantry/engine-api';
import { remoteEngine, socketWire } from '@gantry/link';
import { io } from 'socket.io-client';
import type { TestBrowser } from './browser.ts';

/** A shell in a container, as somebody has it open. */
export interface OpenTerminal extends AsyncDisposable {
  /** Everything that came from it. */
  received(): string;
  /** May be called when it is closed: then it reaches nobody. */
  write(text: string): void;
  /** Resolves when nothing comes any more, however that came about. */
  readonly closed: Promise<void>;
}

export interface Place {
  readonly hostId: string;
  readonly container: string;
}

/** Ways to a terminal: an upgraded connection of its own, as the docker CLI has it, or a channel of the page's socket. */
export const terminalWays = { 'an upgraded connection': openByUpgrade, 'the socket of a page': openByPage } as const;

async function execIn(browser: TestBrowser, { hostId, container }: Place): Promise<string> {
  const answer = await browser.call(
    { method: 'POST', path: `/engine/${hostId}/containers/${container}/exec` },
    { body: { Cmd: ['sh'], AttachStdin: true, AttachStdout: true, AttachStderr: true, Tty: true } },
  );
  if (answer.status !== 201) throw new Error(`exec answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return (answer.body as { Id: string }).Id;
}

async function openByUpgrade(browser: TestBrowser, place: Place): Promise<OpenTerminal> {
  const exec = await execIn(browser, place);
  const { hostname, port, host } = new URL(browser.url);
  const socket = connect({ host: hostname, port: Number(port) });
  const closed = closing(socket);
  await once(socket, 'connect');
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const body = '{"Tty":true}';
  const own = Object.entries(browser.headers).map(([name, value]) => `${name}: ${value}`);
  const head = [`POST /engine/${place.hostId}/exec/${exec}/start HTTP/1.1`, `Host: ${host}`, ...own];
  head.push('Connection: Upgrade', 'Upgrade: tcp', 'Content-Type: application/json', `Content-Length: ${body.length}`);
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  const terminal: OpenTerminal = {
    received: () => text,
    write: (typed) => void socket.write(typed),
    closed,
    [Symbol.asyncDispose]: async () => {
      socket.destroy();
      await closed;
    },
  };
  return answering(terminal);
}

/** A connection that is cut is reset: that is no failure here. */
function closing(socket: Socket): Promise<void> {
  socket.on('error', () => undefined);
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

async function openByPage(browser: TestBrowser, { hostId, container }: Place): Promise<OpenTerminal> {
  const exec = await execIn(browser, { hostId, container });
  const socket = io(`${browser.url}${browserNamespace}`, {
    ...{ transports: ['websocket'], reconnection: false, forceNew: true },
    extraHeaders: browser.headers,
  });
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('connect_error', reject));
  const client = engineClient(remoteEngine(socketWire(socket)), { prefix: `/engine/${hostId}` });
  const typing = new Typing();
  const { open } = await client.open('ExecStart', { path: { id: exec }, body: { Tty: true } });
  let text = '';
  const closed = (async () => {
    try {
      for await (const chunk of open(typing.bytes())) text += Buffer.from(chunk).toString();
    } catch {
      // what is taken away ends with a failure
    }
  })();
  const terminal: OpenTerminal = {
    received: () => text,
    write: (typed) => typing.write(typed),
    closed,
    [Symbol.asyncDispose]: async () => {
      typing.end();
      socket.disconnect();
      await closed;
    },
  };
  return answering(terminal);
}

/** What somebody types, until they are done. */
class Typing {
  readonly #typed: string[] = [];
  #isDone = false;
  #wake: () => void = () => undefined;

  write(text: string): void {
    this.#typed.push(text);
    this.#wake();
  }

  end(): void {
    this.#isDone = true;
    this.#wake();
  }

  async *bytes(): Bytes {
    for (;;) {
      for (const text of this.#typed.splice(0)) yield new TextEncoder().encode(text);
      if (this.#isDone) return;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

/** It is open when what is typed comes back. */
async function answering(terminal: OpenTerminal): Promise<OpenTerminal> {
  terminal.write('echo a$((40 + 2))\n');
  await eventually(() => {
    if (!/a42|echo a/.test(terminal.received())) throw new Error(`the terminal says nothing: ${terminal.received().slice(-300)}`);
  });
  return terminal;
}
