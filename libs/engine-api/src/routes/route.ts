import type { z } from 'zod';
import type { EngineRequest } from '../engine.ts';
import type { Permission } from './permission.ts';

/**
 * How a query parameter is read, as dockerd reads it: `flag` is a Go boolean (false for "", 0, no, false, none; true for anything else) and false
 * when absent, `flag-on` true when absent; `text` is '' when absent; `texts` may repeat; `integer` is undefined when absent; `filters` is JSON.
 */
export type QueryKind = 'flag' | 'flag-on' | 'text' | 'texts' | 'integer' | 'filters';

export type QueryShape = Readonly<Record<string, QueryKind>>;

/** One object that a request names, wherever it names it; the guard decides each and replaces it by its id. */
export interface Reference {
  readonly object: 'container' | 'image' | 'network' | 'volume' | 'exec' | 'plugin' | 'swarm-object';
  /** `filter` is a key inside the query parameter `filters`. */
  readonly in: 'path' | 'query' | 'body' | 'filter';
  /** The parameter's name, or for a body the dotted way to it: `A.B` field of a field, `A[]` each element, `A{}` each key, `A{}.B` a field of each value. */
  readonly at: string;
  /**
   * How the object stands in the text: the whole of it, `container:NAME`, a network beside words that are none (`none`, `host`), `NAME[:mode]`,
   * `NAME:alias`, or the source of a bind or mount.
   */
  readonly form: 'whole' | 'container-mode' | 'network-mode' | 'name-and-mode' | 'name-and-alias' | 'bind' | 'mount';
  /** What it takes to name this object here; absent: the permission of the row. */
  readonly needs?: Permission;
}

/** Why the native engine does not do it, and what it answers: dockerd's own words where dockerd has an answer for that case. */
export interface Refusal {
  readonly status: number;
  /** `{name}` stands for the parameter of the path. */
  readonly message: string;
  readonly reason: string;
  /** Answered with this value and status instead of an error, as `/plugins` with an empty list. */
  readonly value?: unknown;
}

/** One route of the Docker Engine API or of ours. The native router, the guard, the audit log, the typed client and the documentation read this row. */
export interface RouteFields {
  readonly method: EngineRequest['method'];
  /** `{id}` is one segment; `{name*}` may hold slashes. */
  readonly path: string;
  /** What the answer is: `json` a whole answer (an empty one included), `stream` chunks as they come, `hijack` raw bytes both ways, `upload` takes a body of any size. */
  readonly kind: 'json' | 'stream' | 'hijack' | 'upload';
  readonly permission: Permission;
  /**
   * Held on anything of the host, it is enough where `permission` is not held on the host itself: the answer is then cut to what the caller may
   * see (lists, info, events), or the request is bound to what is theirs (a pull). Undefined: the permission alone counts.
   */
  readonly inScope: Permission | undefined;
  /** What comes into being: the permission is decided on it as it would be. */
  readonly creates: 'container' | 'network' | 'volume' | undefined;
  readonly refs: readonly Reference[];
  readonly query: QueryShape;
  /** Known keys of `filters`; others are refused. */
  readonly filters: readonly string[];
  /** The JSON body; undefined: the route takes none (or, for `upload`, raw bytes). */
  readonly body: z.ZodType | undefined;
  /** Headers of the answer that are this route's own. */
  readonly responseHeaders: readonly string[];
  /** Headers of the request that reach the engine; all others mean nothing to the route. */
  readonly requestHeaders: readonly string[];
  /** The objects that the answer lists: the guard drops those that the caller may not see. */
  readonly lists: 'containers' | 'images' | 'networks' | 'volumes' | 'events' | 'disk-usage' | 'removed' | undefined;
  /** `once`: doing it twice is the same as once; `repeat-unsafe`: a repeated request does it again. */
  readonly effect: 'none' | 'once' | 'repeat-unsafe';
  /** Whether it ends with the caller's connection, or goes on after its first effect. */
  readonly onDisconnect: 'cancel' | 'finish';
  readonly audited: boolean;
  readonly sinceApi: string | undefined;
  /** The first version that no longer has it. */
  readonly untilApi: string | undefined;
  /** Not of the versioned API: no version in the path. */
  readonly isUnversioned: boolean;
  readonly refusal: Refusal | undefined;
}

const unset = {
  kind: 'json',
  inScope: undefined,
  creates: undefined,
  refs: [],
  query: {},
  filters: [],
  body: undefined,
  responseHeaders: [],
  requestHeaders: [],
  lists: undefined,
  sinceApi: undefined,
  untilApi: undefined,
  isUnversioned: false,
  refusal: undefined,
} as const;
const readDefaults = { ...unset, effect: 'none', onDisconnect: 'cancel', audited: false } as const;
const actDefaults = { ...unset, effect: 'once', onDisconnect: 'finish', audited: true } as const;

type Given = Pick<RouteFields, 'method' | 'path' | 'permission'> & Partial<RouteFields>;
type Filled<D, R> = Omit<D, keyof R> & R;

/** A row that changes nothing. */
export const read = <const R extends Given>(row: R): Filled<typeof readDefaults, R> => ({ ...readDefaults, ...row });

/** A row with an effect: audited, and finished also when the caller goes away. */
export const act = <const R extends Given>(row: R): Filled<typeof actDefaults, R> => ({ ...actDefaults, ...row });

export const inPath = (object: Reference['object'], at = 'id'): Reference => ({ object, in: 'path', at, form: 'whole' });
export const inQuery = (object: Reference['object'], at: string): Reference => ({ object, in: 'query', at, form: 'whole' });
export const inBody = (object: Reference['object'], at: string, form: Reference['form'] = 'whole'): Reference => ({
  object,
  in: 'body',
  at,
  form,
});
/** The same reference, for which another permission is needed than that of the row. */
export const needing = (needs: Permission, reference: Reference): Reference => ({ ...reference, needs });
export const inFilter = (object: Reference['object'], at: string): Reference => ({ object, in: 'filter', at, form: 'whole' });
