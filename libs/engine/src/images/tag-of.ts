import { Failure } from '@gantry/base';
import { isTag, parseReference, type Reference, withDefaultTag } from '@gantry/oci';

/** A name with a tag, of the two parameters of a request. Fails with `invalid` and, for a name with a digest, with these words. */
export function tagOf(repository: string, tag: string, digestWords: string): Reference {
  const name = parseReference(repository);
  if (name.digest !== undefined) throw new Failure('invalid', digestWords);
  if (tag !== '' && !isTag(tag)) throw new Failure('invalid', 'invalid tag format');
  return withDefaultTag(tag === '' ? name : { ...name, tag });
}
