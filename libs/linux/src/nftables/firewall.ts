// The signatures of libnftables; the library has no others that we need.
import koffi from 'koffi';
import { Failure } from '@gantry/base';
import { runProgram } from '../system/run-program.ts';

export interface FirewallOperations {
  /** Does commands of nft(8) in one transaction, all or none; fails with the words of nftables. Answers what they print (`list …`). */
  runNft(commands: string): string;
}

interface Library {
  newContext(flags: number): unknown;
  freeContext(context: unknown): void;
  bufferErrors(context: unknown): number;
  bufferOutput(context: unknown): number;
  run(context: unknown, commands: string): number;
  errors(context: unknown): string;
  output(context: unknown): string;
}

function load(): Library {
  const library = koffi.load('libnftables.so.1');
  const declared = (prototype: string): unknown => library.func(prototype);
  return {
    newContext: declared('void *nft_ctx_new(uint flags)') as Library['newContext'],
    freeContext: declared('void nft_ctx_free(void *context)') as Library['freeContext'],
    bufferErrors: declared('int nft_ctx_buffer_error(void *context)') as Library['bufferErrors'],
    bufferOutput: declared('int nft_ctx_buffer_output(void *context)') as Library['bufferOutput'],
    run: declared('int nft_run_cmd_from_buffer(void *context, str commands)') as Library['run'],
    errors: declared('str nft_ctx_get_error_buffer(void *context)') as Library['errors'],
    output: declared('str nft_ctx_get_output_buffer(void *context)') as Library['output'],
  };
}

/** nftables inside this process. Its socket belongs to the namespace that the thread was in at the first call. */
export class NftLibrary implements FirewallOperations, Disposable {
  #opened: { readonly library: Library; readonly context: unknown } | undefined;

  runNft(commands: string): string {
    const { library, context } = (this.#opened ??= openLibrary());
    const status = library.run(context, commands);
    const errors = library.errors(context);
    const output = library.output(context);
    if (status !== 0) throw nftFailure(errors);
    return output;
  }

  [Symbol.dispose](): void {
    if (this.#opened) this.#opened.library.freeContext(this.#opened.context);
    this.#opened = undefined;
  }
}

/** nftables by nft(8). */
export const nftProgram: FirewallOperations = {
  runNft(commands) {
    try {
      return runProgram('nft', ['-f', '-'], { input: commands });
    } catch (cause) {
      const failure = Failure.from(cause);
      throw failure.code === 'unavailable' ? failure : nftFailure(failure.message);
    }
  },
};

function openLibrary(): { library: Library; context: unknown } {
  try {
    const library = load();
    const context = library.newContext(0);
    library.bufferErrors(context);
    library.bufferOutput(context);
    return { library, context };
  } catch (cause) {
    throw new Failure('unavailable', `cannot load libnftables.so.1: ${Failure.from(cause).message}`, { cause });
  }
}

function nftFailure(words: string): Failure {
  const code = words.includes('File exists') ? 'conflict' : words.includes('No such file') ? 'not-found' : 'internal';
  return new Failure(code, `nftables: ${words.trim()}`);
}
