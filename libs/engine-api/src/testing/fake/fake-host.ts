import { Failure } from '@gantry/base';
import { noSuchContainer } from '../../messages.ts';
import { FakeContainer, type FakeContainerConfig } from './fake-container.ts';
import { Topic } from './topic.ts';

export type FakeEvent = Readonly<Record<string, unknown>>;

export interface FakeSettings {
  readonly containers?: readonly FakeContainerConfig[];
  /** Milliseconds between two values of `/stats`. */
  readonly statsEveryMs?: number;
}

/** The containers of a fake engine and what happened to them. */
export class FakeHost {
  readonly containers: FakeContainer[] = [];
  readonly events = new Topic<FakeEvent>();
  readonly past: FakeEvent[] = [];
  /** Milliseconds between two values of `/stats`. */
  readonly statsEveryMs: number;

  constructor({ containers = [], statsEveryMs = 1000 }: FakeSettings = {}) {
    this.statsEveryMs = statsEveryMs;
    for (const config of containers) this.add(config);
  }

  /** Adds a container as if it had been there; `create` is told as an event. */
  add(config: FakeContainerConfig): FakeContainer {
    const container = new FakeContainer(config, new Date());
    this.containers.unshift(container);
    this.tell(container, 'create');
    return container;
  }

  /** By name, id or a prefix of the id. Fails with `not-found`. */
  find(reference: string): FakeContainer {
    const name = reference.replace(/^\//, '');
    const found =
      this.containers.find(({ id }) => id === name) ??
      this.containers.find((container) => container.name === name) ??
      this.containers.find(({ id }) => name !== '' && id.startsWith(name));
    if (!found) throw new Failure('not-found', noSuchContainer(reference));
    return found;
  }

  start(container: FakeContainer): void {
    container.state = 'running';
    container.startedAt = new Date();
    container.finishedAt = undefined;
    this.tell(container, 'start');
  }

  /** The end of its process, as seen from outside. */
  end(container: FakeContainer, exitCode: number): void {
    container.state = 'exited';
    container.exitCode = exitCode;
    container.finishedAt = new Date();
    container.output.publish('end');
    this.tell(container, 'die', { exitCode: String(exitCode) });
  }

  remove(container: FakeContainer): void {
    this.containers.splice(this.containers.indexOf(container), 1);
    this.tell(container, 'destroy');
  }

  tell(container: FakeContainer, action: string, attributes: Readonly<Record<string, string>> = {}): void {
    const { image, labels } = container.config;
    const atMs = Date.now();
    const event = {
      status: action,
      id: container.id,
      from: image,
      Type: 'container',
      Action: action,
      Actor: { ID: container.id, Attributes: { ...labels, ...attributes, image, name: container.name } },
      scope: 'local',
      time: Math.floor(atMs / 1000),
      timeNano: atMs * 1_000_000,
    };
    this.past.push(event);
    this.events.publish(event);
  }
}
