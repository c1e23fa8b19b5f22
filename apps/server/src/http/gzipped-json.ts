import { StreamableFile } from '@nestjs/common';
import type { Response } from 'express';

/** Answers JSON that is already compressed. Only for a request that accepts gzip. */
export function gzippedJson(response: Response, bytes: Uint8Array): StreamableFile {
  response.setHeader('content-encoding', 'gzip');
  response.vary('accept-encoding');
  return new StreamableFile(bytes, { type: 'application/json; charset=utf-8', length: bytes.length });
}
