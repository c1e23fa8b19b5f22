import * as z from 'zod';

/** Go's `string`, `bool`, `int64` and `float64` fields. */
export const text = z.string();
export const flag = z.boolean();
export const integer = z.int();
export const number = z.number();
export const texts = z.array(z.string());
/** A Go map of strings. */
export const labels = z.record(z.string(), z.string());
/** A Go set as `map[string]struct{}`. */
export const set = z.record(z.string(), z.looseObject({}));
/** Docker's StrSlice: a list, or one string for a list of one. */
export const words = z.array(z.string()).meta({ id: 'StrSlice' });
/** Anything; passed on as it came. */
export const anything = z.unknown();

/** A Go struct: each field may be absent, null means absent, names match in any case. */
export const struct = <const S extends z.ZodRawShape>(shape: S) => z.object(shape).partial();
