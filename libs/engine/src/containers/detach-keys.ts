import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';

const defaultKeys = 'ctrl-p,ctrl-q';

/** The bytes of a key sequence as `ctrl-p,ctrl-q` or `a,ctrl-@`; '' stands for the default. Fails with `invalid` for an unknown key: dockerd calls an exec's keys otherwise. */
export function detachSequence(text: string, what: 'detach' | 'escape' = 'detach'): Uint8Array {
  return Uint8Array.from((text === '' ? defaultKeys : text).split(','), (key) => {
    if (/^[\x20-\x7e]$/.test(key)) return key.charCodeAt(0);
    const control = /^ctrl-([a-z@[\\\]^_])$/i.exec(key)?.[1];
    if (control === undefined) throw new Failure('invalid', messages.invalidKeys(what, text));
    return control.toUpperCase().charCodeAt(0) & 0x1f;
  });
}

/** Watches typed bytes for the sequence; what might be its beginning is held back until it is certain. */
export class DetachKeys {
  readonly #sequence: Uint8Array;
  #matched = 0;

  constructor(sequence: Uint8Array) {
    this.#sequence = sequence;
  }

  /** What goes on to the process, and whether the person asked to detach. */
  feed(typed: Uint8Array): { readonly bytes: Uint8Array; readonly isDetached: boolean } {
    const passed: number[] = [];
    for (const byte of typed) {
      if (byte === this.#sequence[this.#matched]) {
        this.#matched++;
        if (this.#matched === this.#sequence.length) return { bytes: Uint8Array.from(passed), isDetached: true };
        continue;
      }
      passed.push(...this.#sequence.subarray(0, this.#matched));
      this.#matched = byte === this.#sequence[0] ? 1 : 0;
      if (this.#matched === 0) passed.push(byte);
    }
    return { bytes: Uint8Array.from(passed), isDetached: false };
  }
}
