import * as z from 'zod';
import { Me, Password, Preferences, UserName } from './people.ts';
import type { ContractRow } from './row.ts';

export const SetupState = z
  .object({
    /** False until the owner exists; until then only set-up, health and static files are served. */
    isSetUp: z.boolean(),
    /** Whether the request came with a session: who has none need not ask who they are. */
    isSignedIn: z.boolean(),
    /** SHA-256 of the certificate authority that browsers have to trust, as 64 hex digits; absent without TLS of our own. */
    caFingerprint: z.string().optional(),
    /** Providers that people may sign in with, for the buttons of the login page. */
    providers: z.array(z.object({ key: z.string(), name: z.string() })),
  })
  .meta({ id: 'SetupState' });
export type SetupState = z.infer<typeof SetupState>;

export const getSetup = {
  name: 'getSetup',
  method: 'GET',
  path: '/api/setup',
  access: 'public',
  beforeOwner: true,
  summary: 'Whether this installation has an owner',
  answer: SetupState,
} as const satisfies ContractRow;

/** Makes the owner and signs them in. 403 with a wrong code, 409 where the owner exists, 429 after too many wrong codes. */
export const createOwner = {
  name: 'createOwner',
  method: 'POST',
  path: '/api/setup',
  access: 'public',
  beforeOwner: true,
  summary: 'Create the owner with the printed set-up code',
  body: z.strictObject({
    code: z.string().trim().min(1).max(128),
    name: UserName,
    password: Password,
    preferences: Preferences.partial().optional(),
  }),
  answer: Me,
  status: 201,
} as const satisfies ContractRow;
