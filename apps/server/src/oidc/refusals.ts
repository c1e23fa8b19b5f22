import { Failure } from '@gantry/base';
import { type RefusalReason, refusalReasons } from '@gantry/contract';
import { AuthorizationResponseError, ClientError, ResponseBodyError, WWWAuthenticateChallengeError } from 'openid-client';

/** Fails with `unauthenticated`; the reason is what the login page has a sentence for, the message is for the audit log. */
export function refuse(reason: RefusalReason, message: string, cause?: unknown): never {
  throw new Failure('unauthenticated', message, { details: { reason }, ...(cause === undefined ? {} : { cause }) });
}

/** Why somebody was not let in. */
export function reasonOf(thrown: unknown): RefusalReason {
  if (!(thrown instanceof Failure)) return 'failed';
  const { reason } = thrown.details;
  const known = refusalReasons.find((one) => one === reason);
  if (known) return known;
  if (thrown.code === 'exhausted') return 'too-many';
  if (thrown.code === 'conflict') return 'last-owner'; // the one thing that stands against a change of rights here
  return thrown.code === 'unavailable' ? 'unreachable' : 'failed';
}

/** What went wrong at the provider, or with what it answered, as a refusal. */
export function refuseAnswer(thrown: unknown): never {
  if (thrown instanceof Failure) throw thrown;
  if (thrown instanceof AuthorizationResponseError)
    refuse(thrown.error === 'access_denied' ? 'denied' : 'wrong-answer', `the provider said ${thrown.error}`, thrown);
  if (thrown instanceof ResponseBodyError) refuse(reasonOfBody(thrown.error), `the provider said ${thrown.error}`, thrown);
  if (thrown instanceof WWWAuthenticateChallengeError)
    refuse('wrong-client', `the provider asked for other credentials: ${words(thrown)}`, thrown);
  if (thrown instanceof ClientError) refuse(reasonOfClient(thrown), words(thrown), thrown);
  refuse('unreachable', `the provider cannot be reached: ${words(thrown)}`, thrown);
}

function reasonOfBody(error: string): RefusalReason {
  if (error === 'invalid_grant') return 'used-code';
  return error === 'invalid_client' || error === 'unauthorized_client' ? 'wrong-client' : 'wrong-answer';
}

const reasonOfClaim: Readonly<Record<string, RefusalReason>> = {
  iss: 'wrong-issuer',
  nonce: 'wrong-nonce',
  aud: 'wrong-audience',
  azp: 'wrong-audience',
};

function reasonOfClient(error: ClientError): RefusalReason {
  const text = words(error);
  switch (error.code) {
    case 'OAUTH_JWT_CLAIM_COMPARISON_FAILED':
      return reasonOfClaim[claimOf(error)] ?? 'wrong-answer';
    case 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED':
      return 'wrong-time';
    case 'OAUTH_KEY_SELECTION_FAILED':
      return 'wrong-signature';
    case 'OAUTH_TIMEOUT':
    case 'OAUTH_RESPONSE_IS_NOT_CONFORM':
      return 'unreachable';
    case 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED':
      return 'wrong-issuer';
    case undefined:
      return 'unreachable'; // what fetch threw
    default:
      if (text.includes('signature')) return 'wrong-signature';
      if (text.includes('"state"')) return 'wrong-state';
      return text.includes('"iss"') ? 'wrong-issuer' : 'wrong-answer';
  }
}

/** The claim that is not as it should be: openid-client hands on what its parts found. */
function claimOf({ cause }: ClientError): string {
  const found = cause instanceof Error ? (cause.cause as { claim?: unknown } | undefined)?.claim : undefined;
  return typeof found === 'string' ? found : '';
}

/** The messages of an error and of what led to it. */
function words(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const cause: unknown = thrown.cause;
  return cause instanceof Error ? `${thrown.message}: ${words(cause)}` : thrown.message;
}
