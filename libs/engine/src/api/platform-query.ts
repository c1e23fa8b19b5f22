import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import { parsePlatform, type Platform, platformScore, platformText } from '@gantry/oci';
import * as z from 'zod';
import type { StoredImage } from '../images/image-store.ts';

const platformOfJson = z.object({ os: z.string(), architecture: z.string(), variant: z.string().optional() });

/** The parameter `platform` of routes about images: since API 1.48 JSON (`{"os":"linux","architecture":"arm64"}`), text before; undefined for ''. Fails with `invalid`. */
export function platformOf(text: string): Platform | undefined {
  if (text === '') return undefined;
  return parsePlatform(text.startsWith('{') ? platformText(readPlatform(text)) : text);
}

function readPlatform(text: string): Platform {
  try {
    return platformOfJson.parse(JSON.parse(text));
  } catch (cause) {
    throw new Failure('invalid', `failed to parse platform: ${text}`, { cause });
  }
}

/** The image itself, where it is of the platform that is asked for. Fails with `not-found` where it is of another. */
export function ofPlatform(image: StoredImage, reference: string, text: string): StoredImage {
  const wanted = platformOf(text);
  const actual = { os: image.config.os || 'linux', architecture: image.config.architecture };
  if (wanted === undefined || platformScore(wanted, { ...actual, variant: image.config.variant || undefined }) > 0) return image;
  throw new Failure('not-found', messages.otherPlatform(reference, platformText(actual), platformText(wanted)));
}
