/** A part of an inspect answer, as an engine tells it: nothing in it is certain. */
export type Fields = Readonly<Record<string, unknown>>;

/** `name=value`, one a line. */
export function pairLines(value: unknown): string {
  return Object.entries(record(value))
    .map(([name, item]) => `${name}=${textOf(item)}`)
    .join('\n');
}

/** A record; an empty one where it is none. */
export function record(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** The texts of a list. */
export function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}

/** A text; an empty one where it is none. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Says nothing: null, an empty text, false, or only such. */
export function isEmpty(value: unknown): boolean {
  return (
    value === null ||
    value === undefined ||
    value === '' ||
    value === false ||
    (typeof value === 'object' && Object.values(value).every(isEmpty))
  );
}

/** What the guard puts in place of a value that somebody may not read. */
export const hidden = '********';
