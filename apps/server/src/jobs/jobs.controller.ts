import { cancelJob, createJob, type Job, listJobs } from '@gantry/contract';
import { Controller, Req } from '@nestjs/common';
import type { Request } from 'express';
import { CurrentPrincipal } from '../access/current-principal.ts';
import { Answers, Input, type InputOf } from '../http/contract-row.ts';
import type { Principal } from '../sessions/principal.ts';
import { JobVisitors } from './job-visitors.ts';
import { JobsService } from './jobs.service.ts';

@Controller()
export class JobsController {
  constructor(
    private readonly service: JobsService,
    private readonly visitors: JobVisitors,
  ) {}

  @Answers(listJobs)
  list(@CurrentPrincipal() principal: Principal): Job[] {
    return this.service.jobs.list(principal);
  }

  @Answers(createJob)
  create(@Input() { body }: InputOf<typeof createJob>, @CurrentPrincipal() principal: Principal, @Req() request: Request): Job {
    return this.service.create(this.visitors.of(principal, request), body);
  }

  @Answers(cancelJob)
  cancel(@Input() { params }: InputOf<typeof cancelJob>, @CurrentPrincipal() principal: Principal): void {
    this.service.jobs.cancel(principal, params.jobId);
  }
}
