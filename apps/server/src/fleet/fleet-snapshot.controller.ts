import { type FleetSnapshot, getFleet } from '@gantry/contract';
import { Controller, Req, Res, type StreamableFile } from '@nestjs/common';
import type { Request, Response } from 'express';
import { CurrentPrincipal } from '../access/current-principal.ts';
import { Answers } from '../http/contract-row.ts';
import { gzippedJson } from '../http/gzipped-json.ts';
import type { Principal } from '../sessions/principal.ts';
import { FleetService } from './fleet.service.ts';
import { FleetSnapshots } from './fleet-snapshots.ts';

@Controller()
export class FleetSnapshotController {
  constructor(
    private readonly fleet: FleetService,
    private readonly snapshots: FleetSnapshots,
  ) {}

  @Answers(getFleet)
  async snapshot(
    @CurrentPrincipal() { rights }: Principal,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<FleetSnapshot | StreamableFile> {
    if (!request.acceptsEncodings('gzip')) return this.fleet.snapshot(rights);
    return gzippedJson(response, await this.snapshots.gzipped(rights));
  }
}
