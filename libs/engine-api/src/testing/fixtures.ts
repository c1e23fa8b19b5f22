import { randomBytes } from 'node:crypto';
import { askUntil } from './ask-until.ts';
import { busyboxImage } from './busybox-archive.ts';
import { type Answer, ask, type EngineUnderTest } from './engine-under-test.ts';

/** A name that no other test uses. */
export const uniqueName = (kind = 'test'): string => `${kind}-${randomBytes(5).toString('hex')}`;

/** Loads `busybox:latest` into an engine. */
export async function loadBusybox(engine: EngineUnderTest): Promise<void> {
  const { status, body } = await ask(engine, 'POST /images/load?quiet=1', { body: busyboxImage().archive });
  if (status !== 200 || !body.includes('Loaded image')) throw new Error(`busybox was not loaded: ${status} ${body.toString()}`);
}

export interface Container {
  readonly id: string;
  readonly name: string;
}

/** Creates a container of busybox; the engine it is in goes away with the spec file. */
export async function createContainer(engine: EngineUnderTest, config: Readonly<Record<string, unknown>>): Promise<Container> {
  const name = uniqueName();
  const created = await ask(engine, `POST /containers/create?name=${name}`, {
    body: { Image: 'busybox', ...config },
    as: 'ContainerCreateResponse',
  });
  if (created.status !== 201) throw new Error(`the container was not created: ${created.status} ${created.message}`);
  return { id: (created.value as { Id: string }).Id, name };
}

/** Creates it and starts it. `script` is for its shell. */
export async function runContainer(
  engine: EngineUnderTest,
  script: string,
  config: Readonly<Record<string, unknown>> = {},
): Promise<Container> {
  const container = await createContainer(engine, { Cmd: ['sh', '-c', script], ...config });
  const started = await ask(engine, `POST /containers/${container.id}/start`);
  if (started.status !== 204) throw new Error(`the container was not started: ${started.status} ${started.message}`);
  return container;
}

/**
 * Runs a container whose script says `ready` on its stdout, and waits until it has: its start is answered before its shell has read the first line, so that
 * a signal would come before the trap for it.
 */
export async function runUntilReady(
  engine: EngineUnderTest,
  script: string,
  config: Readonly<Record<string, unknown>> = {},
): Promise<Container> {
  const container = await runContainer(engine, script, config);
  await askUntil(
    () => ask(engine, `GET /containers/${container.id}/logs?stdout=1`),
    ({ body }) => body.includes('ready'),
  );
  return container;
}

/** Makes a file in a running container, which its script waits for. */
export async function touchIn(engine: EngineUnderTest, { id }: Container, path: string): Promise<void> {
  const { value } = await ask(engine, `POST /containers/${id}/exec`, { body: { Cmd: ['touch', path] } });
  const { status, message } = await ask(engine, `POST /exec/${(value as { Id: string }).Id}/start`, { body: { Detach: true } });
  if (status !== 200) throw new Error(`${path} was not made: ${status} ${message}`);
}

/** For the end of a script whose log is followed: dockerd 20.10 itself now and then drops what comes right before the end. */
export const beforeTheEnd = ({ kind }: EngineUnderTest): string => (kind === 'dockerd' ? '; sleep 1' : '');

/** Begins to wait for a container; resolves when the engine has the waiter (the head of its answer is there), with what will be its whole answer. */
export async function waiterOf(
  engine: EngineUnderTest,
  { id }: Container,
  condition: string,
): Promise<{ readonly answer: Promise<Answer> }> {
  let hasBegun: () => void = () => undefined;
  const isWaiting = new Promise<void>((resolve) => (hasBegun = resolve));
  const answer = ask(engine, `POST /containers/${id}/wait?condition=${condition}`, { onHead: () => hasBegun() });
  await Promise.race([isWaiting, answer]);
  return { answer };
}

/** Waits for the end of a container. */
export async function exitCodeOf(engine: EngineUnderTest, { id }: Container): Promise<number> {
  const { value } = await ask(engine, `POST /containers/${id}/wait`, { as: 'ContainerWaitResponse' });
  return (value as { StatusCode: number }).StatusCode;
}

export const inspect = (engine: EngineUnderTest, { id }: Container): Promise<Answer> =>
  ask(engine, `GET /containers/${id}/json`, { as: 'ContainerInspectResponse' });

/** The bytes of one stream of an answer that is framed for stdout and stderr. */
export function framesOf(body: Buffer): { stdout: string; stderr: string } {
  const streams = { stdout: '', stderr: '' };
  for (let at = 0; at + 8 <= body.length;) {
    const sizeBytes = body.readUInt32BE(at + 4);
    streams[body[at] === 2 ? 'stderr' : 'stdout'] += body.toString('utf8', at + 8, at + 8 + sizeBytes);
    at += 8 + sizeBytes;
  }
  return streams;
}
