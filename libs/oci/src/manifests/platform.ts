import { Failure } from '@gantry/base';

/** What a manifest list chooses by. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string | undefined;
}

const architectures: Readonly<Record<string, Platform>> = {
  x64: { os: 'linux', architecture: 'amd64' },
  arm64: { os: 'linux', architecture: 'arm64', variant: 'v8' },
  arm: { os: 'linux', architecture: 'arm', variant: 'v7' },
  ia32: { os: 'linux', architecture: '386' },
  ppc64: { os: 'linux', architecture: 'ppc64le' },
  s390x: { os: 'linux', architecture: 's390x' },
  riscv64: { os: 'linux', architecture: 'riscv64' },
  loong64: { os: 'linux', architecture: 'loong64' },
};

/** Other names of the same architecture, as containerd's platforms.Normalize knows them. */
const aliases: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  'x86-64': 'amd64',
  i386: '386',
  aarch64: 'arm64',
  armhf: 'arm',
  armel: 'arm',
};

/** The platform of this machine in the words of image lists. */
export function hostPlatform(nodeArchitecture: string = process.arch): Platform {
  return architectures[nodeArchitecture] ?? { os: 'linux', architecture: nodeArchitecture };
}

/** `linux/arm64/v8`, `linux/amd64`, `arm64`; fails with `invalid` in dockerd's words. */
export function parsePlatform(text: string): Platform {
  const parts = text.split('/').map((part) => part.toLowerCase());
  if (parts.length > 3) throw new Failure('invalid', `${JSON.stringify(text)}: cannot parse platform specifier: invalid argument`);
  if (parts.some((part) => !/^[a-z0-9_.-]+$/.test(part))) {
    throw new Failure(
      'invalid',
      `"${text}" is an invalid component of "${text}": platform specifier component must match "^[A-Za-z0-9_.-]+$"`,
    );
  }
  const [first = '', second, variant] = parts;
  if (second === undefined) return first === 'linux' ? hostPlatform() : normalised('linux', first);
  return normalised(first, second, variant);
}

function normalised(os: string, architecture: string, variant?: string): Platform {
  const known = Object.hasOwn(aliases, architecture) ? (aliases[architecture] ?? architecture) : architecture;
  return { os, architecture: known, ...(variant === undefined || variant === '' ? {} : { variant }) };
}

/** `linux/arm64/v8` */
export function platformText({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...(variant === undefined || variant === '' ? [] : [variant])].join('/');
}

/** How well an offer serves the wish: 0 not at all, higher is better. A wish without a variant takes any, arm64 is v8, older arm variants run on newer. */
export function platformScore(wish: Platform, offer: Platform): number {
  const offered = normalised(offer.os.toLowerCase(), offer.architecture.toLowerCase(), offer.variant);
  if (offered.os !== wish.os || offered.architecture !== wish.architecture) return 0;
  const standard = wish.architecture === 'arm64' ? 'v8' : wish.architecture === 'arm' ? 'v7' : '';
  const wanted = wish.variant ?? standard;
  const has = offered.variant ?? standard;
  if (wanted === has) return 100;
  if (wish.variant === undefined) return 50;
  const [wantedLevel, level] = [Number(wanted.slice(1)), Number(has.slice(1))];
  return level < wantedLevel ? 10 + level : 0;
}
