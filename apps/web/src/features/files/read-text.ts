export type LineEnd = '\n' | '\r\n';

/** What a file's bytes are to an editor; whatever would not come back byte by byte is not to be edited. */
export type ReadText =
  | { readonly kind: 'text'; readonly text: string; readonly lineEnd: LineEnd; readonly hasMark: boolean }
  | { readonly kind: 'mixed'; readonly text: string }
  | { readonly kind: 'binary' };

const mark = '\uFEFF';

/** A text in UTF-8 with one kind of line ends can be edited; a text area knows only `\n`, the others are put back by `writeText`. */
export function readText(bytes: Uint8Array): ReadText {
  if (bytes.includes(0)) return { kind: 'binary' };
  let raw: string;
  try {
    raw = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return { kind: 'binary' };
  }
  const hasMark = raw.startsWith(mark);
  const text = hasMark ? raw.slice(1) : raw;
  if (!text.includes('\r')) return { kind: 'text', text, lineEnd: '\n', hasMark };
  const plain = text.replaceAll('\r\n', '\n');
  const isDos = !plain.includes('\r') && plain.replaceAll('\n', '\r\n') === text;
  return isDos ? { kind: 'text', text: plain, lineEnd: '\r\n', hasMark } : { kind: 'mixed', text: plain };
}

/** The bytes of an edited text, with the line ends and the byte order mark that the file had. */
export function writeText(text: string, { lineEnd, hasMark }: { lineEnd: LineEnd; hasMark: boolean }): Uint8Array {
  const ended = lineEnd === '\n' ? text : text.replaceAll('\n', '\r\n');
  return new TextEncoder().encode((hasMark ? mark : '') + ended);
}

/** `00000010  7f 45 4c 46 …  |.ELF|`, sixteen bytes a line, as `hexdump -C` has it. */
export function hexLines(bytes: Uint8Array): string[] {
  return Array.from({ length: Math.ceil(bytes.length / 16) }, (_, line) => {
    const part = [...bytes.subarray(line * 16, line * 16 + 16)];
    const hex = part.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const letters = part.map((byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : '.')).join('');
    return `${(line * 16).toString(16).padStart(8, '0')}  ${hex.padEnd(47)}  |${letters}|`;
  });
}
