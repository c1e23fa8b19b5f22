import type { PreparedAnswer } from './dns-message.ts';

/** Of questions; who asks for more names than that is no worse off than without. */
const mostAnswers = 256;

/** The answers of one name server by their questions, until anything changes among the names that it knows. */
export class AnswerCache {
  readonly #answers = new Map<string, PreparedAnswer>();
  #generation = 0;

  find(question: string, generation: number): PreparedAnswer | undefined {
    return generation === this.#generation ? this.#answers.get(question) : undefined;
  }

  keep(question: string, generation: number, answer: PreparedAnswer): void {
    if (generation !== this.#generation || this.#answers.size >= mostAnswers) this.#answers.clear();
    this.#generation = generation;
    this.#answers.set(question, answer);
  }
}
