import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Digest, digestOf, mediaTypes } from '@gantry/oci';
import { ociBlobs, type TestImage } from './image-archives.ts';

/**
 * Debian's docker-registry on a port of its own on loopback, with its data in `directory`. `enter` stands before its program: in another network it has
 * that one's loopback. Several on one directory have the same images.
 */
export class DebianRegistry implements AsyncDisposable {
  readonly host: string;
  readonly #child: ReturnType<typeof spawn>;

  private constructor(host: string, child: ReturnType<typeof spawn>) {
    this.host = host;
    this.#child = child;
  }

  static async start(directory: string, enter: readonly string[] = []): Promise<DebianRegistry> {
    const peers = new URL('../../../../tools/peers.mjs', import.meta.url).pathname;
    const path = execFileSync(process.execPath, [peers, 'docker-registry'], { encoding: 'utf8' }).trim();
    const config = join(directory, 'registry.yml');
    const storage = { filesystem: { rootdirectory: join(directory, 'registry') }, delete: { enabled: true } };
    writeFileSync(config, JSON.stringify({ version: 0.1, storage, http: { addr: '127.0.0.1:0' }, log: { accesslog: { disabled: true } } }));
    const program = path
      .split(':')
      .map((bin) => join(bin, 'docker-registry'))
      .find((file) => isProgram(file));
    if (program === undefined) throw new Error(`docker-registry is not in ${path}`);
    const words = [...enter, program, 'serve', config];
    const child = spawn(words[0] ?? program, words.slice(1), { stdio: ['ignore', 'ignore', 'pipe'] });
    for await (const line of createInterface(child.stderr)) {
      const found = /listening on ([0-9.]+:[0-9]+)/.exec(line)?.[1];
      if (found === undefined) continue;
      child.stderr.resume();
      return new DebianRegistry(found, child);
    }
    throw new Error('docker-registry ended before it listened');
  }

  /** Pushes as a client does; answers the manifest's digest. */
  async push(
    repository: string,
    tag: string,
    { image, ...pack }: { image: TestImage; layer: (tar: Buffer) => Buffer; mediaType: string },
  ): Promise<Digest> {
    const { manifest, blobs } = ociBlobs(image, pack);
    for (const [digest, bytes] of blobs) if (digest !== digestOf(manifest)) await this.#upload(repository, digest, bytes);
    await this.putManifest(repository, tag, { bytes: manifest, mediaType: mediaTypes.ociManifest });
    return digestOf(manifest);
  }

  async putManifest(repository: string, tag: string, { bytes, mediaType }: { bytes: Buffer; mediaType: string }): Promise<void> {
    const url = `http://${this.host}/v2/${repository}/manifests/${tag}`;
    await expectCreated(await fetch(url, { method: 'PUT', headers: { 'content-type': mediaType }, body: Uint8Array.from(bytes) }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
  }

  async #upload(repository: string, digest: Digest, bytes: Buffer): Promise<void> {
    const begun = await fetch(`http://${this.host}/v2/${repository}/blobs/uploads/`, { method: 'POST' });
    const place = new URL(begun.headers.get('location') ?? '', `http://${this.host}`);
    place.searchParams.set('digest', digest);
    await expectCreated(
      await fetch(place, { method: 'PUT', headers: { 'content-type': 'application/octet-stream' }, body: Uint8Array.from(bytes) }),
    );
  }
}

function isProgram(file: string): boolean {
  try {
    execFileSync('test', ['-x', file]);
    return true;
  } catch {
    return false;
  }
}

async function expectCreated(response: Response): Promise<void> {
  const text = await response.text();
  if (response.status !== 201) throw new Error(`${response.url}: ${response.status} ${text}`);
}
