import type { FleetRow } from '@gantry/engine-api';

/** A row without what depends on who looks. */
export type PlainRow = Omit<FleetRow, 'can'>;
