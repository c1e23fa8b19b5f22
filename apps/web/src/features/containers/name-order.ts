/**
 * A text that sorts as people count: `web-9` before `web-10`, case aside. Compared with `<`, which for thousands of names takes a tenth of the time that a
 * collator does. Names and references are ASCII.
 */
export function sortKey(text: string): string {
  return text.toLowerCase().replace(/\d+/g, counted);
}

/** Longer numbers are larger ones. */
function counted(digits: string): string {
  const plain = digits.replace(/^0+(?=\d)/, '');
  return String.fromCharCode(0x2f + Math.min(plain.length, 10)) + plain;
}

/** -1, 0 or 1 for two keys. */
export function compareKeys(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
