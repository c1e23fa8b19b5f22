import { Failure } from '@gantry/base';
import type { Me, Passkey } from '@gantry/contract';
import type { PublicKeyCredentialCreationOptionsJSON, PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/browser';
import { call } from './call.ts';
import { accountRoutes } from './account-routes.ts';

/** Asks the browser for a new passkey and tells the server. `cancelled` where the person did not want to. */
export async function createPasskey(name: string): Promise<Passkey> {
  const optionsJSON = (await call(accountRoutes.beginPasskey, {})) as unknown as PublicKeyCredentialCreationOptionsJSON;
  const { startRegistration } = await import('@simplewebauthn/browser');
  const response = await consented(() => startRegistration({ optionsJSON }));
  return call(accountRoutes.addPasskey, { body: { name, response: { ...response } } });
}

/** `unauthenticated` for a passkey that the server does not know, `cancelled` where none was chosen. */
export async function signInWithPasskey(): Promise<Me> {
  return call(accountRoutes.loginWithPasskey, { body: { response: await choosePasskey() } });
}

export async function proveWithPasskey(): Promise<void> {
  await call(accountRoutes.provePasskey, { body: { response: await choosePasskey() } });
}

async function choosePasskey(): Promise<Record<string, unknown>> {
  const optionsJSON = (await call(accountRoutes.beginPasskeyLogin, {})) as unknown as PublicKeyCredentialRequestOptionsJSON;
  const { startAuthentication } = await import('@simplewebauthn/browser');
  return { ...(await consented(() => startAuthentication({ optionsJSON }))) };
}

/** Browsers say the same of a person who closed the question and of one who has no passkey: which it was is nobody's business. */
async function consented<Value>(ask: () => Promise<Value>): Promise<Value> {
  try {
    return await ask();
  } catch (cause) {
    const { name, message } = cause instanceof Error ? cause : new Error(String(cause));
    if (name === 'NotAllowedError' || name === 'AbortError') throw new Failure('cancelled', 'no passkey was chosen', { cause });
    throw new Failure('invalid', message, { cause });
  }
}
