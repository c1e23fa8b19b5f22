import type { EngineUnderTest } from '../engine-under-test.ts';
import { composeClient } from './compose.ts';
import { composeTwoClient } from './compose-v2.ts';
import { dockerPyClient } from './docker-py.ts';
import { dockerodeClient } from './dockerode.ts';

/**
 * Programs and libraries that others wrote, doing what people do with them. As with `engineConformance` a real dockerd proves that the specs are
 * right. The engine has `busybox:latest` and is the test's own.
 */
export function clientConformance(engine: () => EngineUnderTest): void {
  describe('docker-compose', () => composeClient(engine));
  describe('docker compose v2', () => composeTwoClient(engine));
  describe('docker-py', () => dockerPyClient(engine));
  describe('dockerode', () => dockerodeClient(engine));
}
