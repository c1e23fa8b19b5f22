import { randomUUID } from 'node:crypto';
import { Failure } from '@gantry/base';
import { Injectable, Logger } from '@nestjs/common';
import { printable } from '../audit/audit-row.ts';
import { AuditService } from '../audit/audit.service.ts';
import { CastWriter } from './cast-writer.ts';
import type { NewRecording } from './recording.ts';
import { RecordingFiles } from './recording-files.ts';
import { RecordingsStore } from './recordings.store.ts';

export interface RecordedTerminal extends Omit<NewRecording, 'id' | 'startedAt'> {
  /** Of the exec or container: what a change of size names. */
  readonly terminalId: string;
}

/** A terminal that is being recorded: what it shows is told to `output` before whoever has it sees it. */
export interface OpenRecording {
  /** Fails where it cannot be written, and for a shell on a host where the recording is as long as one may be: the terminal must end then. */
  output(bytes: Uint8Array): Promise<void>;
  /** Something that whoever looks at it should know, at this moment of it. */
  mark(words: string): void;
  /** It was not opened after all: nothing is kept. Never rejects. */
  discard(): Promise<void>;
  /** It is over; the hash of its file is written to the audit log, and stands in the chain from then on. Never rejects. */
  close(): Promise<void>;
}

const usualSize = { columns: 80, rows: 24 };

/** Records terminals, whichever way they came: by the app, by the docker CLI, by a token. */
@Injectable()
export class TerminalRecorder {
  readonly #log = new Logger('recordings');
  readonly #open = new Map<string, Set<CastWriter>>();

  constructor(
    private readonly store: RecordingsStore,
    private readonly files: RecordingFiles,
    private readonly audit: AuditService,
  ) {}

  /** `unavailable` where nothing can be recorded: the terminal must not be opened then. */
  async open({ terminalId, ...terminal }: RecordedTerminal, size: { columns: number; rows: number } = usualSize): Promise<OpenRecording> {
    const recording: NewRecording = { ...terminal, command: printable(terminal.command, 1024), id: randomUUID(), startedAt: new Date() };
    const writer = await this.#begin(recording, size);
    const writers = this.#open.get(terminalId) ?? new Set();
    this.#open.set(terminalId, writers.add(writer));
    const forget = (): void => {
      writers.delete(writer);
      if (writers.size === 0) this.#open.delete(terminalId);
    };
    return {
      output: (bytes) => writer.output(bytes),
      mark: (words) => writer.mark(words),
      close: () => (forget(), this.#close(recording, writer)),
      discard: () => (forget(), this.#discard(recording.id, writer)),
    };
  }

  /** A terminal has another size now; those that are not recorded have none here. */
  resized(terminalId: string, columns: number, rows: number): void {
    for (const writer of this.#open.get(terminalId) ?? []) writer.resized(columns, rows);
  }

  async #begin(recording: NewRecording, size: { columns: number; rows: number }): Promise<CastWriter> {
    const { id, who, containerName, startedAt, kind } = recording;
    try {
      const writer = await CastWriter.create(this.files.pathOf(id), {
        ...{ ...size, startedAt, title: `${who} @ ${containerName}` },
        // Nobody does anything unseen on a host; what a container shows for days may be longer.
        isWhole: kind === 'host',
      });
      await this.store.add(recording);
      return writer;
    } catch (cause) {
      await this.files.remove(id).catch(() => undefined);
      throw new Failure('unavailable', 'this terminal cannot be recorded, so it is not opened', { cause });
    }
  }

  async #discard(id: string, writer: CastWriter): Promise<void> {
    try {
      await writer.close();
      await this.files.remove(id);
      await this.store.remove(id);
    } catch (thrown) {
      this.#log.error(`recording ${id} was not removed: ${Failure.from(thrown).message}`);
    }
  }

  async #close({ id, who, userId, hostId, containerId, request }: NewRecording, writer: CastWriter): Promise<void> {
    try {
      const cast = await writer.close();
      await this.store.end(id, cast);
      const { sha256, sizeBytes, durationMs, isTruncated } = cast;
      const details = { recording: id, sha256, sizeBytes, durationMs, isTruncated, request };
      const deed = { who, userId: userId ?? undefined, action: 'recordTerminal', hostId, target: containerId, details };
      await this.audit.note({ ...deed, outcome: 'done' });
    } catch (thrown) {
      this.#log.error(`recording ${id} was not ended: ${Failure.from(thrown).message}`);
    }
  }
}
