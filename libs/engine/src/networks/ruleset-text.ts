import type { Element } from './firewall-rules.ts';

const tableHead = /^table (\w+ \w+) \{$/gm;
const setHead = /^\t(?:set|map) (\w+) \{$/;
const chain = /^\tchain \w+ \{\n[^]*?^\t\}$/gm;

/** Tables as `nft list table` prints them, taken apart: their chains, and how many elements each set has. */
export class RulesetText {
  /** All chains with their rules. */
  readonly chains: string;
  /** By `table set`. */
  readonly #counts = new Map<string, number>();

  constructor(text: string) {
    this.chains = [...text.matchAll(tableHead)].map(([head]) => head).join('\n') + (text.match(chain) ?? []).join('\n');
    const [, ...parts] = text.split(tableHead);
    for (let at = 0; at + 1 < parts.length; at += 2) this.#countIn(parts[at] ?? '', parts[at + 1] ?? '');
  }

  /** Whether the sets have as many elements as these are. */
  hasElements(elements: readonly Element[]): boolean {
    const wanted = new Map<string, number>();
    for (const { table, set } of elements) wanted.set(`${table} ${set}`, (wanted.get(`${table} ${set}`) ?? 0) + 1);
    const names = new Set([...wanted.keys(), ...this.#counts.keys()]);
    return [...names].every((name) => (wanted.get(name) ?? 0) === (this.#counts.get(name) ?? 0));
  }

  #countIn(table: string, body: string): void {
    for (const block of body.split(/^(?=\t(?:set|map|chain) )/m)) {
      const set = setHead.exec(block.split('\n')[0] ?? '')?.[1] ?? '';
      const list = /elements = \{([^}]*)\}/.exec(block)?.[1];
      if (set !== '' && list !== undefined) this.#counts.set(`${table} ${set}`, list.split(',').length);
    }
  }
}
