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

const images: readonly (readonly [string, readonly number[]])[] = [
  ['image/png', [0x89, 0x50, 0x4e, 0x47]],
  ['image/jpeg', [0xff, 0xd8, 0xff]],
  ['image/gif', [0x47, 0x49, 0x46, 0x38]],
  ['image/bmp', [0x42, 0x4d]],
];

/** The type of a picture that browsers show, by its first bytes; undefined where it is none. */
export function imageType(bytes: Uint8Array): string | undefined {
  const isWebp = text(bytes, 0, 4) === 'RIFF' && text(bytes, 8, 12) === 'WEBP';
  return isWebp ? 'image/webp' : images.find(([, start]) => start.every((byte, at) => bytes[at] === byte))?.[0];
}

function text(bytes: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...bytes.subarray(from, to));
}

/** An address that holds the bytes themselves: the content policy lets pictures come from nowhere else. */
export function dataAddress(type: string, bytes: Uint8Array): string {
  const parts: string[] = [];
  const stepBytes = 32_768;
  for (let at = 0; at < bytes.length; at += stepBytes) parts.push(String.fromCharCode(...bytes.subarray(at, at + stepBytes)));
  return `data:${type};base64,${btoa(parts.join(''))}`;
}
