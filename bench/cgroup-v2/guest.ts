import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type EngineClient, MultiplexedDecoder, noBytes } from '@gantry/engine-api';

export interface State {
  readonly Pid: number;
  readonly ExitCode: number;
  readonly OOMKilled: boolean;
  readonly Running: boolean;
}

/** A running container of the guest and its control group. */
export class Subject implements AsyncDisposable {
  readonly id: string;
  /** The directory of its group, as the kernel tells it; empty before it runs. */
  group = '';
  readonly #client: EngineClient;

  private constructor(client: EngineClient, id: string) {
    this.#client = client;
    this.id = id;
  }

  /** Runs a shell text in a container. It has the loopback device alone unless `host` says otherwise. */
  static async run(client: EngineClient, script: string, host: object): Promise<Subject> {
    const body = { Image: 'busybox', Cmd: ['sh', '-c', script], HostConfig: { NetworkMode: 'none', ...host } };
    const subject = new Subject(client, (await (await client.call('ContainerCreate', { body })).json<{ Id: string }>()).Id);
    await client.call('ContainerStart', { path: { id: subject.id } });
    const { Pid, Running } = await subject.state();
    if (Running) subject.group = groupOfProcess(Pid);
    return subject;
  }

  async state(): Promise<State> {
    return (await (await this.#client.call('ContainerInspect', { path: { id: this.id } })).json<{ State: State }>()).State;
  }

  /** Waits for its end; the exit code. */
  async ended(): Promise<number> {
    return (await (await this.#client.call('ContainerWait', { path: { id: this.id } })).json<{ StatusCode: number }>()).StatusCode;
  }

  /** Runs a shell text inside; what it prints on both outputs. */
  async exec(script: string): Promise<string> {
    const body = { Cmd: ['sh', '-c', script], AttachStdout: true, AttachStderr: true };
    const { Id } = await (await this.#client.call('ContainerExec', { path: { id: this.id }, body })).json<{ Id: string }>();
    const { open } = await this.#client.open('ExecStart', { path: { id: Id }, body: {} });
    const decoder = new MultiplexedDecoder();
    const text: string[] = [];
    for await (const chunk of open(noBytes)) for (const part of decoder.push(chunk)) text.push(Buffer.from(part.bytes).toString());
    return text.join('').trim();
  }

  /** A file of its group, without the last line end. */
  read(file: string): string {
    return readFileSync(join(this.group, file), 'utf8').trim();
  }

  /** A number of a file like `cpu.stat`. */
  count(file: string, name: string): number {
    return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(this.read(file))?.[1]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.call('ContainerDelete', { path: { id: this.id }, query: { force: true } });
  }
}

export function groupOfProcess(pid: number): string {
  return join('/sys/fs/cgroup', readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().replace(/^0::/, ''));
}
