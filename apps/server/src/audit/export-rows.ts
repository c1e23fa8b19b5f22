import type { ChainedRow } from './audit-row.ts';

/**
 * A row of the log as a line of JSON, as docs/operations/audit.md describes it: every field that the chain's hash covers, under the same name and in the
 * same order, then the hash. Lines of an unfiltered export can be verified as the log itself.
 */
export function exportLine(row: ChainedRow): string {
  const { sequence, request, phase, at, userId, who, action, hostId, target, outcome, status, address, details, hash } = row;
  const fields = { sequence: Number(sequence), request, phase, at: at.toISOString(), userId, who, action, hostId, target, outcome };
  const line = JSON.stringify({ ...fields, status, address, details, hash: Buffer.from(hash).toString('hex') });
  return `${line.replace(/[\u007f-\u009f\u2028\u2029]/g, escaped)}\n`;
}

/** What JSON lets stand but a terminal obeys. */
function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

const chunkCharacters = 65_536;

/** The lines in pieces of some size, so that a stream of many rows costs few writes. */
export async function* exportLines(rows: AsyncIterable<ChainedRow>): AsyncGenerator<string> {
  let piece = '';
  for await (const row of rows) {
    piece += exportLine(row);
    if (piece.length < chunkCharacters) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}
