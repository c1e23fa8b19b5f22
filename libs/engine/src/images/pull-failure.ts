import { Failure } from '@gantry/base';
import { familiarName, familiarText, type Reference } from '@gantry/oci';

/** What a registry refuses, in dockerd's words (moby distribution/errors.go): clients and people know them. */
export function pullFailure(thrown: unknown, reference: Reference): Failure {
  const failure = Failure.from(thrown);
  const context = { cause: failure, details: { ...failure.details } };
  switch (failure.details['code']) {
    case 'DENIED':
      return new Failure(
        'not-found',
        `pull access denied for ${familiarName(reference)}, repository does not exist or may require 'docker login': ${failure.message}`,
        context,
      );
    case 'MANIFEST_UNKNOWN':
      return new Failure('not-found', `manifest for ${familiarText(reference)} not found: ${failure.message}`, context);
    case 'NAME_UNKNOWN':
      return new Failure('not-found', `repository ${familiarName(reference)} not found: ${failure.message}`, context);
    default:
      return failure;
  }
}
