import { channel } from 'node:diagnostics_channel';

/**
 * Every step of the engine whose effect outlives its process, by name: what is written, what is made in the kernel, what is started. The tests
 * kill the engine before and after each (docs/decisions/0005-durable-steps.md); one without such a round does not pass.
 */
export const durableSteps = [
  ...['blob.show', 'blob.remove', 'layer.unpack', 'layer.record', 'layer.show', 'layer.hide', 'layer.remove'],
  ...['image.record', 'image.remove', 'name.record', 'name.remove', 'load.spool', 'pull.download', 'commit.pack'],
  ...['rootfs.record', 'rootfs.show', 'rootfs.mount', 'rootfs.unmount', 'rootfs.hide', 'rootfs.remove'],
  ...['volume.directory', 'volume.record', 'volume.hold', 'volume.copy', 'volume.release', 'volume.hide', 'volume.remove'],
  ...['container.directory', 'container.record', 'container.rename', 'container.limits', 'container.update', 'container.unlink'],
  ...['start.intent', 'start.files', 'start.memory', 'start.bundle', 'start.monitor', 'start.process', 'start.record', 'start.filter'],
  ...['start.failure', 'stop.intent', 'stop.signal', 'pause.freeze', 'pause.record', 'thaw.unfreeze', 'thaw.record'],
  ...['end.record', 'end.runtime', 'end.state', 'end.memory', 'end.groups', 'end.bundle', 'end.exit', 'recover.record', 'restart.record'],
  ...['sandbox.record', 'sandbox.namespace', 'sandbox.cables', 'sandbox.publish', 'sandbox.rename'],
  ...['sandbox.unpublish', 'sandbox.unpin', 'sandbox.remove', 'remove.intent', 'remove.record'],
  ...['connect.sandbox', 'connect.cable', 'connect.route', 'disconnect.sandbox', 'disconnect.cable', 'disconnect.route'],
  ...['connection.state', 'connection.files', 'connection.record'],
  ...['exec.directory', 'exec.process', 'exec.remove', 'log.rename', 'log.reopen', 'log.remove'],
  ...[
    'network.directory',
    'network.record',
    'network.bridge',
    'network.rules',
    'network.unrule',
    'network.unlink',
    'network.hide',
    'network.remove',
  ],
] as const;
export type DurableStep = (typeof durableSteps)[number];

/** What subscribers of `gantry:durable-step` are told. */
export interface StepNotice {
  readonly step: DurableStep;
  readonly when: 'before' | 'after';
}

export const stepChannel = channel('gantry:durable-step');

/** Does a step. Where nobody subscribes to the channel, as in every engine but those of tests, it does nothing else. */
export async function durableStep<Result>(step: DurableStep, work: () => Promise<Result>): Promise<Result> {
  if (!stepChannel.hasSubscribers) return work();
  stepChannel.publish({ step, when: 'before' } satisfies StepNotice);
  const result = await work();
  stepChannel.publish({ step, when: 'after' } satisfies StepNotice);
  return result;
}
