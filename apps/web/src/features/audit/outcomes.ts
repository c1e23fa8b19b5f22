import type { AuditOutcome } from '@gantry/contract';
import type { ShownState } from '../../fleet/state.ts';

export const outcomes: readonly AuditOutcome[] = ['done', 'failed', 'denied', 'intended', 'unknown'];

/** The shape and colour of an outcome; its word stands beside it. */
export const outcomeStates: Readonly<Record<AuditOutcome, ShownState>> = {
  done: 'running',
  failed: 'failed',
  denied: 'unhealthy',
  intended: 'moving',
  unknown: 'created',
};
