import { createHash } from 'node:crypto';
import { Topic } from './topic.ts';

export interface FakeContainerConfig {
  readonly name: string;
  readonly image?: string;
  readonly command?: readonly string[];
  readonly state?: 'created' | 'running' | 'paused' | 'exited';
  readonly exitCode?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly tty?: boolean;
  /** As `8080:80`, on every address. */
  readonly ports?: readonly string[];
  /** Lines of stdout that were written before. */
  readonly lines?: readonly string[];
}

interface LogLine {
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
  readonly at: Date;
}

const imageId = (name: string): string => `sha256:${createHash('sha256').update(name).digest('hex')}`;

/** A container that only seems to run. */
export class FakeContainer {
  readonly id: string;
  readonly config: Required<FakeContainerConfig>;
  readonly createdAt: Date;
  readonly lines: LogLine[] = [];
  /** A line, or the end of the container. */
  readonly output = new Topic<LogLine | 'end'>();
  name: string;
  state: 'created' | 'running' | 'paused' | 'exited';
  exitCode: number;
  startedAt: Date;
  finishedAt: Date | undefined;
  restarts = 0;

  constructor(config: FakeContainerConfig, now: Date) {
    const { image = 'busybox:latest', command = ['sh'], labels = {}, tty = false, ports = [], lines = [] } = config;
    this.config = { state: 'created', exitCode: 0, ...config, image, command, labels, tty, ports, lines };
    this.id = createHash('sha256').update(`container ${config.name} ${now.toISOString()}`).digest('hex');
    this.name = config.name;
    this.state = config.state ?? 'created';
    this.exitCode = config.exitCode ?? 0;
    this.createdAt = this.startedAt = now;
    if (this.state === 'exited') this.finishedAt = now;
    for (const text of lines) this.write(text);
  }

  write(text: string, stream: 'stdout' | 'stderr' = 'stdout'): void {
    const line = { stream, text, at: new Date() };
    this.lines.push(line);
    this.output.publish(line);
  }

  get isRunning(): boolean {
    return this.state === 'running' || this.state === 'paused';
  }

  /** As a row of `/containers/json`. */
  summary(): Readonly<Record<string, unknown>> {
    const { image, command, labels } = this.config;
    return {
      Id: this.id,
      Names: [`/${this.name}`],
      Image: image,
      ImageID: imageId(image),
      Command: command.join(' '),
      Created: Math.floor(this.createdAt.getTime() / 1000),
      Ports: this.#ports(),
      Labels: labels,
      State: this.state,
      Status: this.#status(),
      HostConfig: { NetworkMode: 'bridge' },
      NetworkSettings: { Networks: this.#networks() },
      Mounts: [],
    };
  }

  /** As the answer of `/containers/{id}/json`. */
  inspect(): Readonly<Record<string, unknown>> {
    const { image, command, labels, tty } = this.config;
    return {
      Id: this.id,
      Name: `/${this.name}`,
      Created: this.createdAt.toISOString(),
      Path: command[0] ?? '',
      Args: command.slice(1),
      State: this.#stateOf(),
      Image: imageId(image),
      RestartCount: this.restarts,
      Driver: 'overlay2',
      Platform: 'linux',
      Mounts: [],
      Config: { Hostname: this.id.slice(0, 12), Image: image, Cmd: command, Env: ['PATH=/bin'], Labels: labels, Tty: tty, OpenStdin: true },
      HostConfig: {
        NetworkMode: 'bridge',
        RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
        Memory: 0,
        NanoCpus: 0,
        LogConfig: { Type: 'json-file', Config: {} },
      },
      NetworkSettings: { Networks: this.#networks(), Ports: this.#bindings() },
    };
  }

  #stateOf(): Readonly<Record<string, unknown>> {
    return {
      Status: this.state,
      Running: this.isRunning,
      Paused: this.state === 'paused',
      Restarting: false,
      OOMKilled: false,
      Dead: false,
      Pid: this.isRunning ? 4242 : 0,
      ExitCode: this.exitCode,
      Error: '',
      StartedAt: this.state === 'created' ? '0001-01-01T00:00:00Z' : this.startedAt.toISOString(),
      FinishedAt: this.finishedAt?.toISOString() ?? '0001-01-01T00:00:00Z',
    };
  }

  #status(): string {
    if (this.state === 'created') return 'Created';
    if (this.state === 'exited') return `Exited (${this.exitCode}) 1 second ago`;
    return this.state === 'paused' ? 'Up 1 second (Paused)' : 'Up 1 second';
  }

  #ports(): unknown[] {
    return this.config.ports.map((port) => {
      const [host, inside] = port.split(':');
      return { IP: '0.0.0.0', PrivatePort: Number(inside), PublicPort: Number(host), Type: 'tcp' };
    });
  }

  #bindings(): Record<string, unknown> {
    return Object.fromEntries(
      this.config.ports.map((port) => {
        const [host, inside] = port.split(':');
        return [`${inside ?? ''}/tcp`, [{ HostIp: '0.0.0.0', HostPort: host }]];
      }),
    );
  }

  #networks(): unknown {
    return {
      bridge: {
        NetworkID: 'f'.repeat(64),
        IPAddress: this.isRunning ? '172.17.0.2' : '',
        IPPrefixLen: 16,
        Gateway: this.isRunning ? '172.17.0.1' : '',
        MacAddress: '',
      },
    };
  }
}
