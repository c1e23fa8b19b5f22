import * as z from 'zod';
import { type ContractRow, text } from './row.ts';

/** A terminal that was recorded. Without a duration it is open still. */
export const Recording = z
  .object({
    id: z.uuid(),
    who: z.string(),
    host: z.uuid(),
    container: z.string(),
    name: z.string(),
    /** What it was of: a command in a container, a container's own terminal, or the host itself, after which it is named then. */
    kind: z.enum(['exec', 'attach', 'host']),
    command: z.string(),
    startedAt: z.iso.datetime(),
    durationMs: z.int().nonnegative().optional(),
    /** Of the compressed file. */
    sizeBytes: z.int().nonnegative().optional(),
    /** Of the compressed file; the audit log has it too. */
    sha256: z.string().optional(),
    /** Longer than what is kept, or cut off by the end of the server. */
    isTruncated: z.boolean(),
  })
  .meta({ id: 'Recording' });
export type Recording = z.infer<typeof Recording>;

/** Newest first; `before` is the start of the last one of the page before. Whoever may play those of some hosts sees these. */
export const listRecordings = {
  name: 'listRecordings',
  method: 'GET',
  path: '/api/recordings',
  access: 'recording:play',
  where: 'somewhere',
  summary: 'Recorded terminals',
  query: z.strictObject({
    host: z.uuid().optional(),
    user: z.string().min(1).max(128).optional(),
    /** A part of the name, or the beginning of the id. */
    container: z.string().min(1).max(128).optional(),
    before: z.iso.datetime().optional(),
    limit: z.coerce.number().int().min(1).max(500).default(100),
  }),
  answer: z.array(Recording),
} as const satisfies ContractRow;

/** asciicast v2: a line with the head, then one for each output, change of size and mark. */
export const getRecording = {
  name: 'getRecording',
  method: 'GET',
  path: '/api/hosts/:hostId/recordings/:recordingId/cast',
  access: 'recording:play',
  summary: 'What a recorded terminal showed',
  params: z.object({ hostId: z.uuid(), recordingId: z.uuid() }),
  answer: text,
} as const satisfies ContractRow;
