import { type Dockerd, startDockerd } from '../start-dockerd.ts';
import type { EngineUnderTest } from '../engine-under-test.ts';
import { readingConformance, systemConformance } from './system.ts';

let dockerd: Dockerd;
const engine = (): EngineUnderTest => ({ kind: 'dockerd', ...dockerd });

beforeAll(async () => {
  dockerd = await startDockerd();
});
afterAll(() => dockerd[Symbol.asyncDispose]());

describe('system', () => systemConformance(engine));
describe('reading', () => readingConformance(engine));
