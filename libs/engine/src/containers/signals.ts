import { constants } from 'node:os';
import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';

export const lastSignal = 64;

/** A signal by name (with or without SIG, any case), real-time name (RTMIN+3) or number; fails with `invalid` for anything else. */
export function signalNumber(text: string): number {
  const upper = text.toUpperCase().replace(/^SIG/, '');
  if (/^\d+$/.test(upper)) {
    const number = Number(upper);
    if (number >= 1 && number <= lastSignal) return number;
  }
  const known = (constants.signals as Record<string, number | undefined>)[`SIG${upper}`];
  const number = known ?? realTime(upper);
  if (number === undefined) throw new Failure('invalid', messages.invalidSignal(text));
  return number;
}

/** As the C library counts them: RTMIN is 34, RTMAX 64. */
function realTime(upper: string): number | undefined {
  const found = /^RT(MIN|MAX)(?:([+-])(\d+))?$/.exec(upper);
  if (!found) return undefined;
  const [, base, sign, distance = '0'] = found;
  const number = base === 'MIN' ? 34 + Number(distance) : 64 - Number(distance);
  const isSignRight = sign === undefined || (base === 'MIN' ? sign === '+' : sign === '-');
  return isSignRight && number >= 34 && number <= 64 ? number : undefined;
}
