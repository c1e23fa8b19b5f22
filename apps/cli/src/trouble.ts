/** What stops a command: one sentence for the person who ran it, and the exit status. */
export class Trouble extends Error {
  override readonly name = 'Trouble';
  readonly status: number;

  /** Status 2: the words were wrong; 1: everything else. */
  constructor(sentence: string, status = 1) {
    super(sentence);
    this.status = status;
  }
}

/** What the system refused, as a full disk or a file that belongs to root, is trouble too; anything else is a mistake of ours. */
export function troubleOf(thrown: unknown): Trouble | undefined {
  if (thrown instanceof Trouble) return thrown;
  const { code, syscall, message } = (thrown ?? {}) as Partial<NodeJS.ErrnoException>;
  if (code === undefined || syscall === undefined) return undefined;
  return new Trouble(code === 'EACCES' || code === 'EPERM' ? `${message ?? code}: run it as root, or with sudo` : (message ?? code));
}
