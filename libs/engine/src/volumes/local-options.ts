import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import type { MountAttribute, MountRequest, Propagation } from '@gantry/linux';

type Options = Readonly<Record<string, string>>;

const known = ['type', 'device', 'o', 'size'];
const needed: Readonly<Record<string, readonly string[]>> = { device: ['type'], type: ['device'], o: ['device', 'type'] };

/** Fails with `invalid` in dockerd's words for options that the local driver does not have, or not without each other. */
export function checkLocalOptions(name: string, options: Options): void {
  const wrong = (why: string): Failure => new Failure('invalid', `create ${name}: ${why}`);
  for (const option of Object.keys(options)) if (!known.includes(option)) throw wrong(`invalid option: "${option}"`);
  for (const [option, others] of Object.entries(needed)) {
    const missing = option in options ? others.find((other) => !(other in options)) : undefined;
    if (missing !== undefined) throw wrong(`missing required option: "${missing}"`);
  }
  if (options['size'] !== undefined) throw wrong('quota size requested but no quota support');
}

/** Whether something is mounted at the volume while it is used. */
export const isMountedInUse = ({ type = '', device = '' }: Options): boolean => type !== '' || device !== '';

/** File systems that show nothing of the host, whatever their other options say: memory, and those of servers. */
const elsewhere = ['tmpfs', 'nfs', 'nfs4', 'cifs'];
const binding = ['bind', 'rbind', 'move'];

/**
 * Whether what is mounted there may be of the host: a path (relative ones too, and the layers of an overlay, which no device names), a device, or a file
 * system that is not known to be none of both.
 */
export function isHostDevice(options: Options): boolean {
  const { type = '', o = '' } = options;
  const isBind = o.split(',').some((word) => binding.includes(word.split('=', 1)[0] ?? ''));
  return isMountedInUse(options) && (isBind || !elsewhere.includes(type));
}

/** Words of `o` that are flags of mount(2) where they are set; those after them take one away. All others are for the file system. */
const attributes: Readonly<Record<string, readonly [MountAttribute, number]>> = {
  ro: ['ro', 0x1],
  nosuid: ['nosuid', 0x2],
  nodev: ['nodev', 0x4],
  noexec: ['noexec', 0x8],
  sync: ['sync', 0x10],
  mand: ['mand', 0x40],
  dirsync: ['dirsync', 0x80],
  noatime: ['noatime', 0x400],
  nodiratime: ['nodiratime', 0x800],
  relatime: ['relatime', 0x20_0000],
  strictatime: ['strictatime', 0x100_0000],
};
const opposites: Readonly<Record<string, string>> = {
  rw: 'ro',
  suid: 'nosuid',
  dev: 'nodev',
  exec: 'noexec',
  async: 'sync',
  nomand: 'mand',
  atime: 'noatime',
  diratime: 'nodiratime',
  norelatime: 'relatime',
  nostrictatime: 'strictatime',
};
const propagations = ['shared', 'rshared', 'slave', 'rslave', 'private', 'rprivate'];

/** The options of a volume as one mount, and how dockerd tells of it where it fails. */
export interface LocalMount {
  readonly request: MountRequest;
  readonly words: string;
}

/** What `type`, `device` and `o` mean for mount(2), read as dockerd reads them; the name of a file server becomes its address. */
export async function localMount(options: Options, target: string): Promise<LocalMount> {
  const { type = '', device: source = '', o = '' } = options;
  if (source === '') throw new Failure('invalid', 'missing device in volume options');
  const flags = new Map<MountAttribute, number>();
  const rest: string[] = [];
  let bind: 'bind' | 'rbind' | undefined;
  let propagation: Propagation | undefined;
  for (const word of o.split(',').filter((each) => each !== '' && each !== 'defaults')) {
    const flag = attributes[word];
    const opposite = attributes[opposites[word] ?? ''];
    if (flag) flags.set(...flag);
    else if (opposite) flags.delete(opposite[0]);
    else if (word === 'bind' || word === 'rbind') bind = word;
    else if (propagations.includes(word)) propagation = word as Propagation;
    else rest.push(word);
  }
  const data = ['nfs', 'cifs'].includes(type) ? await withAddress(rest) : rest.join(',');
  const bindFlag = bind === undefined ? 0 : bind === 'rbind' ? 0x5000 : 0x1000;
  const number = [...flags.values()].reduce((all, flag) => all | flag, bindFlag);
  return {
    request: {
      ...{ source, target, type: bind ?? type, attributes: [...flags.keys()], data },
      ...(propagation !== undefined && { propagation }),
    },
    words: messages.mountOf({ source, target, flags: number, data }),
  };
}

/** The kernel takes addresses only. */
async function withAddress(words: readonly string[]): Promise<string> {
  const resolved = words.map(async (word) => {
    const name = /^addr=(.+)$/.exec(word)?.[1];
    if (name === undefined || isIP(name) !== 0) return word;
    const { address } = await lookup(name).catch((cause: unknown) => {
      throw new Failure('unavailable', `error resolving passed in network volume address: lookup ${name}: ${Failure.from(cause).message}`, {
        cause,
      });
    });
    return `addr=${address}`;
  });
  return (await Promise.all(resolved)).join(',');
}
