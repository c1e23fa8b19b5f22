import { Injectable } from '@nestjs/common';
import { Standing } from '../access/standing.ts';
import { ExecOwners } from './exec-owners.ts';
import { PulledImages } from './pulled-images.ts';

/** What is somebody's own, by what they did: execs that they made, images that they pulled, and what they have open. */
@Injectable()
export class OwnedThings {
  constructor(
    readonly execs: ExecOwners,
    readonly pulled: PulledImages,
    readonly open: Standing,
  ) {}
}
