/** Something that happened, as `GET /events` tells it. */
export interface EngineEvent {
  readonly type: 'container' | 'image' | 'network' | 'volume' | 'daemon' | 'builder';
  readonly action: string;
  readonly actorId: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly timeNano: bigint;
}

/** Where the nouns tell what they did. */
export interface EventSink {
  publish(event: Omit<EngineEvent, 'timeNano'>): void;
}
