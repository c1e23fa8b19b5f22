/** A piece of a line that looks the same throughout; colours are CSS values or undefined for the default. */
export interface Span {
  readonly text: string;
  readonly colour?: string | undefined;
  readonly background?: string | undefined;
  readonly isBold?: boolean;
  readonly isDim?: boolean;
  readonly isItalic?: boolean;
  readonly isUnderlined?: boolean;
}

interface Look {
  colour: string | undefined;
  background: string | undefined;
  bold: boolean;
  dim: boolean;
  italic: boolean;
  underlined: boolean;
  inverse: boolean;
}

const plain: Look = { colour: undefined, background: undefined, bold: false, dim: false, italic: false, underlined: false, inverse: false };

// Anything that is not a colour (cursor moves, titles, links) is left out: it must never reach the page as a command.
// eslint-disable-next-line no-control-regex
const escapes = /\x1b(?:\[([0-9;:]*)[ -/]*([@-~])|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[P^_X][^\x1b]*(?:\x1b\\)?|[ -/]*[0-~])/g;
// eslint-disable-next-line no-control-regex
const controls = /[\x00-\x08\x0b-\x1f\x7f]/g;

/** The line without escape sequences and control characters: what is searched and copied. */
export function plainText(line: string): string {
  return hasControls(line) ? line.replace(escapes, '').replace(controls, '') : line;
}

function hasControls(line: string): boolean {
  // eslint-disable-next-line no-control-regex
  return /[\x00-\x08\x0b-\x1f\x7f]/.test(line);
}

/** Takes a line apart by its SGR sequences. The texts together are exactly `plainText(line)`. */
export function parseSgr(line: string): Span[] {
  if (!hasControls(line)) return [{ text: line }];
  const spans: Span[] = [];
  let look = plain;
  let from = 0;
  const add = (until: number): void => {
    const text = line.slice(from, until).replace(controls, '');
    if (text) spans.push(spanOf(text, look));
  };
  for (const found of line.matchAll(escapes)) {
    add(found.index);
    from = found.index + found[0].length;
    if (found[2] === 'm') look = applied(look, found[1] ?? '');
  }
  add(line.length);
  return spans;
}

function spanOf(text: string, look: Look): Span {
  const [colour, background] = look.inverse
    ? [look.background ?? 'var(--panel)', look.colour ?? 'var(--ink)']
    : [look.colour, look.background];
  return {
    text,
    ...(colour ? { colour } : {}),
    ...(background ? { background } : {}),
    ...(look.bold ? { isBold: true } : {}),
    ...(look.dim ? { isDim: true } : {}),
    ...(look.italic ? { isItalic: true } : {}),
    ...(look.underlined ? { isUnderlined: true } : {}),
  };
}

function applied(before: Look, parameters: string): Look {
  const codes = parameters.split(/[;:]/).map(Number);
  const look = { ...before };
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at] ?? 0;
    if (code === 38 || code === 48) {
      const [colour, used] = extended(codes.slice(at + 1));
      if (code === 38) look.colour = colour;
      else look.background = colour;
      at += used;
    } else applyCode(look, code);
  }
  return look;
}

function applyCode(look: Look, code: number): void {
  if (code === 0) Object.assign(look, plain);
  else if (code === 1) look.bold = true;
  else if (code === 2) look.dim = true;
  else if (code === 3) look.italic = true;
  else if (code === 4) look.underlined = true;
  else if (code === 7) look.inverse = true;
  else if (code === 22) look.bold = look.dim = false;
  else if (code === 23) look.italic = false;
  else if (code === 24) look.underlined = false;
  else if (code === 27) look.inverse = false;
  else if (code === 39) look.colour = undefined;
  else if (code === 49) look.background = undefined;
  else if (code >= 30 && code <= 37) look.colour = ansiColour(code - 30);
  else if (code >= 40 && code <= 47) look.background = ansiColour(code - 40);
  else if (code >= 90 && code <= 97) look.colour = ansiColour(code - 82);
  else if (code >= 100 && code <= 107) look.background = ansiColour(code - 92);
}

/** `5;n` or `2;r;g;b` after 38 and 48, and how many numbers that took. */
function extended(codes: readonly number[]): [string | undefined, number] {
  const [kind, a = 0, b = 0, c = 0] = codes;
  if (kind === 5) return [indexed(a), 2];
  if (kind === 2) return [`rgb(${byte(a)} ${byte(b)} ${byte(c)})`, 4];
  return [undefined, 0];
}

function indexed(index: number): string | undefined {
  if (index < 16) return ansiColour(index);
  if (index > 255 || !Number.isInteger(index)) return undefined;
  if (index >= 232) {
    const grey = (index - 232) * 10 + 8;
    return `rgb(${grey} ${grey} ${grey})`;
  }
  const cube = index - 16;
  const [red, green, blue] = [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map((step) => (step ? step * 40 + 55 : 0));
  return `rgb(${red} ${green} ${blue})`;
}

/** The sixteen colours are tokens, so that they can be read in both themes. */
function ansiColour(index: number): string {
  return `var(--ansi-${index})`;
}

function byte(value: number): number {
  return Math.min(255, Math.max(0, Math.trunc(value) || 0));
}
