import { familiarText, type Reference } from '@gantry/oci';
import type { EventSink } from '../events/engine-event.ts';
import type { StoredImage } from './image-store.ts';

export interface ImageEvent {
  readonly image: StoredImage;
  readonly action: 'load' | 'import' | 'pull' | 'tag' | 'untag' | 'delete';
  readonly name?: Reference;
}

/** As dockerd tells it: the labels and the name are attributes, of an image that is gone the name alone; a pull is about the name, all others about the image. */
export function publishImage(events: EventSink, { image, action, name }: ImageEvent): void {
  const shown = name === undefined ? image.record.id : familiarText(name);
  const actorId = action === 'pull' ? shown : image.record.id;
  const labels = action === 'delete' ? {} : image.config.config.Labels;
  events.publish({ type: 'image', action, actorId, attributes: { ...labels, name: shown } });
}
