import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { peerPath } from './peers.ts';
import { tarOf } from './tar.ts';

export interface BusyboxImage {
  /** As `docker save` writes it. */
  readonly archive: Buffer;
  readonly tags: readonly string[];
  /** `sha256:` and the digest of its configuration. */
  readonly id: string;
  /** The digest of its only layer, which is not compressed. */
  readonly diffId: string;
  readonly config: Buffer;
  readonly layer: Buffer;
}

const sha256 = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** A small image that runs: Debian's static busybox with all its applets, made here. `config` is merged into the image configuration's `config`. */
export function busyboxImage(tags: readonly string[] = ['busybox:latest'], config: Readonly<Record<string, unknown>> = {}): BusyboxImage {
  const layer = layerOf(busyboxPath());
  const diffId = sha256(layer);
  const configuration = Buffer.from(
    JSON.stringify({
      architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
      os: 'linux',
      created: '2024-01-01T00:00:00Z',
      config: { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], Cmd: ['sh'], ...config },
      rootfs: { type: 'layers', diff_ids: [diffId] },
      history: [{ created: '2024-01-01T00:00:00Z', created_by: 'busybox-static' }],
    }),
  );
  const id = sha256(configuration);
  const configName = `${id.slice('sha256:'.length)}.json`;
  const archive = tarOf([
    { path: configName, content: configuration },
    { path: 'layer/' },
    { path: 'layer/layer.tar', content: layer },
    { path: 'manifest.json', content: JSON.stringify([{ Config: configName, RepoTags: tags, Layers: ['layer/layer.tar'] }]) },
  ]);
  return { archive, tags, id, diffId, config: configuration, layer };
}

/** The archive alone. */
export const busyboxArchive = (...tags: readonly string[]): Buffer => busyboxImage(tags.length > 0 ? tags : undefined).archive;

/** The static busybox of this machine, else Debian's. */
export function busyboxPath(): string {
  return existsSync('/bin/busybox') ? '/bin/busybox' : join(peerPath('busybox-static').split(':')[0] ?? '', 'busybox');
}

function layerOf(program: string): Buffer {
  const applets = execFileSync(program, ['--list'], { encoding: 'utf8' })
    .split('\n')
    .filter((name) => name !== '' && name !== 'busybox');
  const folders = ['bin/', 'dev/', 'etc/', 'home/', 'proc/', 'root/', 'sys/', 'usr/', 'usr/bin/', 'var/', 'var/www/'];
  return tarOf([
    ...folders.map((path) => ({ path })),
    { path: 'tmp/', mode: 0o1777 },
    { path: 'bin/busybox', mode: 0o755, content: readFileSync(program) },
    ...applets.map((name) => ({ path: `bin/${name}`, link: 'busybox' })),
    {
      path: 'etc/passwd',
      content: 'root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/usr/sbin:/bin/false\nwww:x:1000:1000:www:/home:/bin/sh\n',
    },
    { path: 'etc/group', content: 'root:x:0:\ndaemon:x:1:\nwww:x:1000:\n' },
    { path: 'var/www/index.html', content: 'hello from busybox\n' },
  ]);
}
