/** Keys that a phone's keyboard does not have. */
export const terminalKeys = ['escape', 'tab', 'left', 'up', 'down', 'right'] as const;
export type TerminalKey = (typeof terminalKeys)[number];

const arrows = { left: 'D', up: 'A', down: 'B', right: 'C' } as const;

/** What a terminal sends for a key; arrows depend on what the program has asked for (DECCKM). */
export function sequenceOf(key: TerminalKey, isApplication: boolean): string {
  if (key === 'escape') return '\x1b';
  if (key === 'tab') return '\t';
  return `\x1b${isApplication ? 'O' : '['}${arrows[key]}`;
}

/** The same with Ctrl held: `c` is 0x03. What is no single letter stays as it is. */
export function withControl(typed: string): string {
  return /^[a-z@[\]\\^_]$/i.test(typed) ? String.fromCharCode(typed.toUpperCase().charCodeAt(0) & 31) : typed;
}
