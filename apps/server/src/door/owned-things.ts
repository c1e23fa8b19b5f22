import { Injectable } from '@nestjs/common';
import { ExecOwners } from './exec-owners.ts';
import { PulledImages } from './pulled-images.ts';

/** What is somebody's own, by what they did: execs that they made, images that they pulled. */
@Injectable()
export class OwnedThings {
  constructor(
    readonly execs: ExecOwners,
    readonly pulled: PulledImages,
  ) {}
}
