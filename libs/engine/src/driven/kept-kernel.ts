import { type Kernel, type KernelOptions, openKernel } from '@gantry/linux';

const keptMs = 15_000;

/** The kernel thread for as long as somebody asks, and a while after: it takes 15 MB. */
export class KeptKernel implements AsyncDisposable {
  readonly #options: KernelOptions;
  #kernel: Promise<Kernel> | undefined;
  #users = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: KernelOptions) {
    // Rules are the engine's business, and a host need not have the library for them.
    this.#options = { ...options, byPrograms: ['nft'] };
  }

  async use<T>(work: (kernel: Kernel) => Promise<T>): Promise<T> {
    this.#users++;
    clearTimeout(this.#timer);
    try {
      this.#kernel ??= openKernel(this.#options);
      return await work(await this.#kernel.catch((thrown: unknown) => this.#failed(thrown)));
    } finally {
      this.#users--;
      if (this.#users === 0) this.#timer = setTimeout(() => void this[Symbol.asyncDispose](), keptMs).unref();
    }
  }

  #failed(thrown: unknown): never {
    this.#kernel = undefined;
    throw thrown;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    const kernel = this.#kernel;
    this.#kernel = undefined;
    await (await kernel?.catch(() => undefined))?.[Symbol.asyncDispose]();
  }
}
