import { Failure } from '@gantry/base';
import type { JobLayer, JobStep } from '@gantry/contract';

interface Line {
  readonly id?: string;
  readonly status?: string;
  readonly error?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
}

const steps: Readonly<Partial<Record<string, JobLayer['step']>>> = {
  'Pulling fs layer': 'waiting',
  Waiting: 'waiting',
  Downloading: 'downloading',
  'Verifying Checksum': 'verifying',
  'Download complete': 'downloaded',
  Extracting: 'extracting',
  'Pull complete': 'complete',
  'Already exists': 'present',
};
/** An image has fewer; of a stream that says otherwise not everything is kept. */
const mostLayers = 256;
const longestLine = 65_536;

/** Adds the lines of a pull up as they come: bytes over all layers, the last word that is about none. */
export class PullProgress {
  readonly #layers = new Map<string, JobLayer>();
  readonly #decoder = new TextDecoder();
  #rest = '';
  #said: string | undefined;
  #error: string | undefined;

  /** Takes what came; true where there is something new to say. */
  take(chunk: Uint8Array): boolean {
    const lines = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split('\n');
    this.#rest = (lines.pop() ?? '').slice(-longestLine);
    for (const line of lines) this.#read(line);
    return lines.length > 0;
  }

  /** `invalid` with what the engine said went wrong, if anything. */
  end(): void {
    this.#read(this.#rest);
    if (this.#error !== undefined) throw new Failure('invalid', this.#error);
  }

  get now(): Pick<JobStep, 'progress' | 'layers' | 'said'> {
    const layers = [...this.#layers.values()];
    const bytes = layers.reduce((all, { currentBytes }) => all + currentBytes, 0);
    const totalBytes = layers.reduce((all, layer) => all + layer.totalBytes, 0);
    return {
      ...(totalBytes > 0 ? { progress: { bytes, totalBytes } } : {}),
      ...(layers.length > 0 ? { layers } : {}),
      ...(this.#said === undefined ? {} : { said: this.#said }),
    };
  }

  #read(line: string): void {
    const { id, status = '', error, progressDetail } = parsed(line);
    const step = steps[status];
    if (error) this.#error = error;
    else if (id && step) this.#move(id, step, progressDetail);
    else if (status && !status.startsWith('Pulling from')) this.#said = status;
  }

  /** While a layer is unpacked its bytes are here already; the engine counts them again. */
  #move(id: string, step: JobLayer['step'], detail: Line['progressDetail']): void {
    const known = this.#layers.get(id);
    if (!known && this.#layers.size >= mostLayers) return;
    const isHere = step !== 'waiting' && step !== 'downloading';
    const totalBytes = (step === 'downloading' ? detail?.total : undefined) ?? known?.totalBytes ?? 0;
    this.#layers.set(id, { id, step, totalBytes, currentBytes: isHere ? totalBytes : (detail?.current ?? known?.currentBytes ?? 0) });
  }
}

/** What is no JSON says nothing. */
function parsed(line: string): Line {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
