export interface JsonToken {
  readonly kind: 'key' | 'string' | 'number' | 'word' | 'rest';
  readonly text: string;
}

const pattern = /("(?:\\.|[^"\\])*")(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|\b(true|false|null)\b/g;

/** JSON as JSON.stringify writes it, taken apart for colouring; the texts together are the input. */
export function jsonTokens(json: string | undefined): JsonToken[] {
  const tokens: JsonToken[] = [];
  let from = 0;
  for (const found of (json ?? '').matchAll(pattern)) {
    if (found.index > from) tokens.push({ kind: 'rest', text: (json ?? '').slice(from, found.index) });
    const [text, string, colon, number] = found;
    if (string !== undefined) {
      tokens.push({ kind: colon === undefined ? 'string' : 'key', text: string });
      if (colon !== undefined) tokens.push({ kind: 'rest', text: colon });
    } else tokens.push({ kind: number === undefined ? 'word' : 'number', text });
    from = found.index + text.length;
  }
  if (json !== undefined && from < json.length) tokens.push({ kind: 'rest', text: json.slice(from) });
  return tokens;
}
