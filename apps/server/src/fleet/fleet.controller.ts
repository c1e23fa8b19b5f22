import {
  type EventPage,
  getContainerHistory,
  getFleetHistory,
  getHostHistory,
  getOverview,
  type History,
  listEvents,
  type Overview,
} from '@gantry/contract';
import { Controller } from '@nestjs/common';
import { CurrentPrincipal } from '../access/current-principal.ts';
import { Answers, Input, type InputOf } from '../http/contract-row.ts';
import type { Principal } from '../sessions/principal.ts';
import { EventLogService } from './event-log.service.ts';
import { FleetService } from './fleet.service.ts';
import { HistoryService } from './history.service.ts';

@Controller()
export class FleetController {
  constructor(
    private readonly fleet: FleetService,
    private readonly history: HistoryService,
    private readonly log: EventLogService,
  ) {}

  @Answers(getOverview)
  overview(@CurrentPrincipal() { rights }: Principal): Overview {
    return this.fleet.overview(rights);
  }

  @Answers(listEvents)
  events(@Input() { query }: InputOf<typeof listEvents>, @CurrentPrincipal() { rights }: Principal): Promise<EventPage> {
    const { before, limit, ...filter } = query;
    return this.log.list(rights, filter, { before, limit });
  }

  @Answers(getContainerHistory)
  containerHistory(@Input() { params, query }: InputOf<typeof getContainerHistory>): Promise<History> {
    return this.history.ofContainer(params.hostId, params.containerId, query);
  }

  @Answers(getHostHistory)
  hostHistory(@Input() { params, query }: InputOf<typeof getHostHistory>): Promise<History> {
    return this.history.ofHost(params.hostId, query);
  }

  @Answers(getFleetHistory)
  fleetHistory(@Input() { query }: InputOf<typeof getFleetHistory>, @CurrentPrincipal() { rights }: Principal): Promise<History> {
    return this.history.ofFleet(query, rights);
  }
}
