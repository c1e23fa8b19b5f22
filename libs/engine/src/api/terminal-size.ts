import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';

/** The size that a resize asks for, in characters. Fails with `invalid` where it does not say both. */
export function sizeOf({ h, w }: { readonly h: number | undefined; readonly w: number | undefined }): { rows: number; columns: number } {
  if (h === undefined || w === undefined) throw new Failure('invalid', messages.notAnInteger(''));
  return { rows: h, columns: w };
}
