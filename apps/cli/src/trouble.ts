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
