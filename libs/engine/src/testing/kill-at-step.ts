// Loaded into an engine before its own program (`node --import`): kills the process, as kill -9 does, before or after a durable step. Which one is said by
// the environment (`KILL_AT_STEP`) or later by a message of the parent.
import { subscribe } from 'node:diagnostics_channel';
import type { StepNotice } from '../state/durable-step.ts';

let wanted: unknown = process.env['KILL_AT_STEP'];

subscribe('gantry:durable-step', (notice) => {
  const { step, when } = notice as StepNotice;
  if (`${step}:${when}` === wanted) process.kill(process.pid, 'SIGKILL');
});
process.on('message', (message) => {
  wanted = message;
  process.send?.('armed');
});
process.channel?.unref();
