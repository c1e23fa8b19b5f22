import { Failure } from '@gantry/base';
import { tooNew, tooOld } from '../messages.ts';

/** A version of the Docker Engine API, as `1.51`. */
export class ApiVersion {
  static readonly oldest = new ApiVersion(1, 24);
  static readonly newest = new ApiVersion(1, 51);

  readonly major: number;
  readonly minor: number;

  constructor(major: number, minor: number) {
    this.major = major;
    this.minor = minor;
  }

  /** Reads `1.44`; missing parts are 0 and further parts count for nothing, as in dockerd. */
  static parse(text: string): ApiVersion {
    const [major, minor] = text.split('.').map((part) => Number.parseInt(part, 10) || 0);
    return new ApiVersion(major ?? 0, minor ?? 0);
  }

  /** A text is one of our own, of which there are few: each is read once. */
  atLeast(other: ApiVersion | string): boolean {
    const { major, minor } = typeof other === 'string' ? ownVersion(other) : other;
    return this.major > major || (this.major === major && this.minor >= minor);
  }

  toString(): string {
    return `${this.major}.${this.minor}`;
  }
}

const ownVersions = new Map<string, ApiVersion>();

function ownVersion(text: string): ApiVersion {
  const known = ownVersions.get(text);
  if (known !== undefined) return known;
  const version = ApiVersion.parse(text);
  ownVersions.set(text, version);
  return version;
}

export interface VersionRange {
  readonly oldest: ApiVersion;
  readonly newest: ApiVersion;
}

/** The version that a request speaks: the one in its path, else the newest. Fails with `invalid` in dockerd's words where it is out of range. */
export function negotiate(asked: string | undefined, { oldest, newest }: VersionRange): ApiVersion {
  if (asked === undefined) return newest;
  const version = ApiVersion.parse(asked);
  if (!version.atLeast(oldest)) throw new Failure('invalid', tooOld(asked, oldest.toString()));
  if (!newest.atLeast(version)) throw new Failure('invalid', tooNew(asked, newest.toString()));
  return version;
}
