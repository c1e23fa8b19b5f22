import type { EngineUnderTest } from '../engine-under-test.ts';
import { containerConformance } from './containers.ts';
import { createConformance } from './create.ts';
import { commitConformance } from './commits.ts';
import { dockerCliConformance } from './docker-cli.ts';
import { eventConformance } from './events.ts';
import { healthConformance } from './health.ts';
import { fileConformance } from './files.ts';
import { imageConformance } from './images.ts';
import { limitConformance } from './limits.ts';
import { listConformance } from './lists.ts';
import { mountConformance } from './mounts.ts';
import { networkConformance } from './networks.ts';
import { endpointConformance } from './endpoints.ts';
import { restartConformance } from './restarts.ts';
import { socketConformance } from './sockets.ts';
import { streamConformance } from './streams.ts';
import { wordConformance } from './words.ts';
import { readingConformance, systemConformance } from './system.ts';
import { volumeConformance } from './volumes.ts';

/**
 * One set of specs for every engine that answers on a socket, called at the top of a spec file: a real dockerd proves that the specs are right, the
 * native engine has to pass the same. The engine has `busybox:latest` and is the test's own.
 */
export function engineConformance(engine: () => EngineUnderTest): void {
  describe('system', () => systemConformance(engine));
  describe('reading', () => readingConformance(engine));
  describe('containers', () => containerConformance(engine));
  describe('create', () => createConformance(engine));
  describe('events', () => eventConformance(engine));
  describe('health', () => healthConformance(engine));
  describe('limits', () => limitConformance(engine));
  describe('lists', () => listConformance(engine));
  describe('restarts', () => restartConformance(engine));
  describe('streams', () => streamConformance(engine));
  describe('sockets', () => socketConformance(engine));
  describe('files', () => fileConformance(engine));
  describe('images', () => imageConformance(engine));
  describe('commits', () => commitConformance(engine));
  describe('words', () => wordConformance(engine));
  describe('networks', () => networkConformance(engine));
  describe('networks of containers', () => endpointConformance(engine));
  describe('volumes', () => volumeConformance(engine));
  describe('mounts', () => mountConformance(engine));
  describe('docker CLI', () => dockerCliConformance(engine));
}

/**
 * The part of it that a way to the engine could spoil: heads, answers of every size, bodies both ways, streams, hijacked connections, and the ordinary
 * client. What an engine does with a request is not asked again at the far end.
 */
export function transportConformance(engine: () => EngineUnderTest): void {
  describe('system', () => systemConformance(engine));
  describe('reading', () => readingConformance(engine));
  describe('containers', () => containerConformance(engine));
  describe('events', () => eventConformance(engine));
  describe('streams', () => streamConformance(engine));
  describe('sockets', () => socketConformance(engine));
  describe('files', () => fileConformance(engine));
  describe('images', () => imageConformance(engine));
  describe('words', () => wordConformance(engine));
  describe('volumes', () => volumeConformance(engine));
  describe('docker CLI', () => dockerCliConformance(engine));
}
