import { Failure } from '@gantry/base';
import { type Call, type Handlers, json, messages, type PlainResponse } from '@gantry/engine-api';
import {
  type Credentials,
  isDigest,
  isTag,
  parseManifest,
  parsePlatform,
  parseReference,
  type Reference,
  Repository,
  withDefaultTag,
} from '@gantry/oci';
import * as z from 'zod';
import { commitConfig } from '../images/commit-config.ts';
import { pullFailure } from '../images/pull-failure.ts';
import type { Images } from '../images/open-images.ts';
import { tagOf } from '../images/tag-of.ts';
import { progressReply } from './progress-reply.ts';

const authentication = z.object({
  username: z.string().optional(),
  password: z.string().optional(),
  auth: z.string().optional(),
  identitytoken: z.string().optional(),
});

/** The routes that ask registries. */
export function pullHandlers(images: Images): Handlers {
  return {
    ImageCreate: (call) => pulled(images, call),
    DistributionInspect: async (call) => json(200, await distribution(images, call)),
  };
}

async function pulled(images: Images, call: Call<'ImageCreate'>): Promise<PlainResponse> {
  const { fromImage, tag, platform } = call.query;
  if (fromImage === '') return await imported(images, call);
  const credentials = credentialsOf(call);
  const name = named(fromImage, tag);
  const wish = { signal: call.signal, credentials, ...(platform === '' ? {} : { platform: parsePlatform(platform) }) };
  const isWhole = name.tag !== undefined || name.digest !== undefined;
  return progressReply(images.pull(isWhole ? [name] : await allTags(images, name, wish), wish));
}

/** `docker import`: what it is given. Addresses are refused: whatever this host reaches could be asked for with the rights of the engine. */
async function imported(images: Images, { query, request, signal }: Call<'ImageCreate'>): Promise<PlainResponse> {
  const { fromSrc, repo, tag, message, changes, platform } = query;
  const name = repo === '' ? undefined : tagOf(repo, tag, 'cannot import digest reference');
  const chosen = platform === '' ? undefined : parsePlatform(platform);
  if (chosen !== undefined && chosen.os !== 'linux') throw new Failure('invalid', 'operating system is not supported');
  if (fromSrc !== '-') {
    const why = 'fetch it yourself and pass it on (docker import -)';
    throw new Failure('unsupported', `${messages.notImplemented(`importing from the address ${JSON.stringify(fromSrc)}`)}: ${why}`);
  }
  const wish = {
    ...{ source: request.body, config: commitConfig({}, undefined, changes), message: message === '' ? 'Imported from -' : message },
    ...{ platform: chosen, signal },
  };
  return await progressReply(images.import(wish, name));
}

/** `tag` may be a digest, and stands instead of the one in the name. */
function named(fromImage: string, tag: string): Reference {
  const name = parseReference(fromImage);
  if (tag === '') return name;
  if (isDigest(tag)) return { domain: name.domain, path: name.path, digest: tag };
  if (!isTag(tag)) throw new Failure('invalid', messages.invalidReference);
  return { domain: name.domain, path: name.path, tag };
}

async function allTags(
  images: Images,
  name: Reference,
  wish: { signal: AbortSignal; credentials: Credentials | undefined },
): Promise<Reference[]> {
  try {
    const tags = await new Repository(await images.registries.open(name, wish), name).tags(wish.signal);
    return tags.map((tag) => ({ ...name, tag }));
  } catch (thrown) {
    throw pullFailure(thrown, name);
  }
}

/** `X-Registry-Auth`: base64url of JSON. As with dockerd one that is neither is no login, so that what anybody may pull is pulled. */
function credentialsOf({ request }: Pick<Call, 'request'>): Credentials | undefined {
  const header = request.headers.get('x-registry-auth') ?? '';
  if (header === '') return undefined;
  try {
    const {
      username = '',
      password = '',
      auth = '',
      identitytoken = '',
    } = authentication.parse(JSON.parse(Buffer.from(header, 'base64url').toString()));
    const [user = '', ...rest] = Buffer.from(auth, 'base64').toString().split(':');
    const credentials = { username: username || user, password: password || rest.join(':'), identityToken: identitytoken };
    return credentials.username === '' && credentials.identityToken === '' ? undefined : credentials;
  } catch {
    return undefined;
  }
}

async function distribution(images: Images, call: Call<'DistributionInspect'>): Promise<unknown> {
  const name = withDefaultTag(parseReference(call.id));
  try {
    const registry = await images.registries.open(name, { signal: call.signal, credentials: credentialsOf(call) });
    const repository = new Repository(registry, name);
    const { bytes, digest, mediaType } = await repository.manifest(name.digest ?? name.tag ?? '', call.signal);
    const parsed = parseManifest(bytes, mediaType);
    const platforms = parsed.kind === 'manifest' ? [] : parsed.index.manifests.flatMap(({ platform }) => (platform ? [platform] : []));
    return { Descriptor: { mediaType, digest, size: bytes.length }, Platforms: platforms };
  } catch (thrown) {
    throw pullFailure(thrown, name);
  }
}
