import { type EngineResponse, type PlainResponse } from '@gantry/engine-api';
import { collect, piecesOf } from './collect.ts';
import type { ExecOwners } from './exec-owners.ts';
import type { GuardedCall } from './guarded-call.ts';
import type { HostThings } from './host-things.ts';
import type { PulledImages } from './pulled-images.ts';

/** Where the door remembers what came of a request. */
export interface Notes {
  readonly execs: ExecOwners;
  readonly pulled: PulledImages;
  readonly things: HostThings;
  readonly userId: string;
  /** As the caller wrote it, before ids took the place of names. */
  readonly asked: GuardedCall;
}

interface Made {
  readonly Id: string;
  readonly Warnings?: readonly string[] | null;
}

/** Remembers whose exec it is and which images are somebody's, and tells whoever created something which of their fields nobody knew. */
export async function noteEffects(response: EngineResponse, call: GuardedCall, notes: Notes): Promise<EngineResponse> {
  if (response.kind === 'hijacked') return response;
  const { name } = call.route;
  if (name === 'ImageCreate' && response.status === 200) return { ...response, body: pulling(response, call, notes) };
  const makesContainer = name === 'ContainerCreate' || name === 'ContainerRecreate';
  if (response.status !== 201 || !(makesContainer || name === 'ContainerExec' || name === 'ImageCommit')) return response;
  const bytes = await collect(response.body);
  const made = JSON.parse(new TextDecoder().decode(bytes)) as Made;
  if (name === 'ContainerExec') noteExec(made.Id, call, notes);
  if (name === 'ImageCommit') notePulled(notes, { id: made.Id, reference: undefined });
  if (!makesContainer) return { ...response, body: bytes };
  await noteImage(call, notes);
  const warnings = (call.body?.dropped ?? []).map((field) => `unknown field ${field} was left out`);
  if (warnings.length === 0) return { ...response, body: bytes };
  const told = { ...made, Warnings: [...(made.Warnings ?? []), ...warnings] };
  return { ...response, body: new TextEncoder().encode(`${JSON.stringify(told)}\n`) };
}

function noteExec(id: string, call: GuardedCall, { execs, things, userId }: Notes): void {
  const { Cmd: command = [] } = (call.body?.value ?? {}) as { Cmd?: string[] };
  execs.add(id, { host: things.sight.host.id, container: call.path['id'] ?? '', userId, command });
}

function notePulled({ pulled, things, userId }: Notes, image: { id: string; reference: string | undefined }): void {
  pulled.add(things.sight.host.id, userId, image);
}

/** A container that was made of a digest says no name of its image any more: the caller keeps the one that they used. */
async function noteImage(call: GuardedCall, notes: Notes): Promise<void> {
  const { Image: asked } = (notes.asked.body?.value ?? {}) as { Image?: string };
  if (asked === undefined || notes.things.sight.seesImages) return;
  const id = await notes.things.imageId((call.body?.value as { Image?: string }).Image ?? asked);
  if (id !== undefined) notePulled(notes, { id, reference: asked });
}

async function* pulling(response: PlainResponse, { query }: GuardedCall, notes: Notes): AsyncGenerator<Uint8Array> {
  let last = '';
  for await (const chunk of piecesOf(response.body)) {
    last = (last + new TextDecoder().decode(chunk)).slice(-65_536);
    yield chunk;
  }
  const { fromImage = '', tag = '' } = query.values as { fromImage?: string; tag?: string };
  if (fromImage === '' || last.includes('"errorDetail"') || last.includes('"error"')) return;
  const reference = tag === '' ? fromImage : `${fromImage}${tag.includes(':') ? '@' : ':'}${tag}`;
  const id = await notes.things.imageId(reference);
  if (id !== undefined) notePulled(notes, { id, reference });
}
