import type { Engine } from '@gantry/engine-api';
import { Injectable } from '@nestjs/common';
import { Jobs } from '../jobs/jobs.ts';
import { GuardedEngines, type Visitor } from './guarded-engines.ts';
import { watchedEngine } from './watched-engine.ts';

/** The guarded engines as docker clients reach them: what lasts in them is seen as a job. */
@Injectable()
export class WatchedEngines {
  constructor(
    private readonly engines: GuardedEngines,
    private readonly jobs: Jobs,
  ) {}

  of(visitor: Visitor): Engine {
    return watchedEngine(this.engines.of(visitor), visitor, this.jobs);
  }
}
