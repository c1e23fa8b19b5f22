import type { EngineUnderTest } from '../engine-under-test.ts';
import { loadBusybox } from '../fixtures.ts';
import { type Dockerd, startDockerd } from '../start-dockerd.ts';
import { containerConformance } from './containers.ts';
import { listConformance } from './lists.ts';
import { streamConformance } from './streams.ts';
import { readingConformance, systemConformance } from './system.ts';

let dockerd: Dockerd;
const engine = (): EngineUnderTest => ({ kind: 'dockerd', ...dockerd });

beforeAll(async () => {
  dockerd = await startDockerd();
  await loadBusybox(engine());
});
afterAll(() => dockerd[Symbol.asyncDispose]());

describe('system', () => systemConformance(engine));
describe('reading', () => readingConformance(engine));
describe('containers', () => containerConformance(engine));
describe('lists', () => listConformance(engine));
describe('streams', () => streamConformance(engine));
