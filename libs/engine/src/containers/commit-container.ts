import { messages } from '@gantry/engine-api';
import { familiarText, type Reference } from '@gantry/oci';
import { checkExists } from '../files/container-files.ts';
import { commitConfig } from '../images/commit-config.ts';
import type { RunConfig } from '../images/image-changes.ts';
import type { StoredImage } from '../images/image-store.ts';
import { type ContainersHost, publish } from './containers-host.ts';
import type { ManagedContainer } from './managed-container.ts';
import { pauseContainer, unpauseContainer } from './pause-container.ts';

export interface CommitOptions {
  /** Undefined: the image stays without a name. */
  readonly name: Reference | undefined;
  readonly author: string;
  readonly comment: string;
  /** Freeze a running container meanwhile, so that its files belong together. */
  readonly pause: boolean;
  readonly changes: readonly string[];
  /** What the image says of its containers instead of the container's own configuration. */
  readonly config: RunConfig | undefined;
}

/** Makes an image of a container by dockerd's rules (moby daemon/commit.go). Fails with `invalid` for a wrong change and `conflict` for one that is being removed. */
export async function commitContainer(host: ContainersHost, container: ManagedContainer, options: CommitOptions): Promise<StoredImage> {
  checkExists(container, messages.cannotCommit);
  const { record } = container;
  await using frozen = new AsyncDisposableStack();
  if (options.pause && container.state.name === 'running') {
    await pauseContainer(host, container, { isForCommit: true });
    frozen.defer(() => unpauseContainer(host, container).catch(() => undefined)); // Somebody may have stopped it meanwhile.
  }
  const image = await host.images.commit({
    ...{ container: record.id, parent: record.image.id, author: options.author, comment: options.comment },
    config: commitConfig(record.config, options.config, options.changes),
    containerConfig: record.config,
  });
  if (options.name !== undefined) await host.images.name(image, options.name);
  const imageRef = options.name === undefined ? '' : familiarText(options.name);
  publish(host, container, { action: 'commit', more: { comment: options.comment, imageID: image.record.id, imageRef } });
  return image;
}
