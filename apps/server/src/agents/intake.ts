import { Injectable } from '@nestjs/common';
import { Samples } from '../fleet/samples.ts';
import { Reports } from './reports.ts';

/** Where what agents say goes: reports are kept, samples are shown. */
@Injectable()
export class Intake {
  constructor(
    readonly reports: Reports,
    readonly samples: Samples,
  ) {}
}
