import * as z from 'zod';
import { Password } from './people.ts';
import { type ContractRow, nothing } from './row.ts';

const token = z.string().min(1).max(128);

export const DescribedLink = z.object({ name: z.string(), expiresAt: z.iso.datetime() }).meta({ id: 'DescribedLink' });
export type DescribedLink = z.infer<typeof DescribedLink>;

/** 404 for a link that was used, has expired, was replaced or never was. */
export const describePasswordLink = {
  name: 'describePasswordLink',
  method: 'POST',
  path: '/api/password-links/describe',
  access: 'public',
  summary: 'Whose password a link lets choose',
  body: z.strictObject({ token }),
  answer: DescribedLink,
} as const satisfies ContractRow;

/** Nobody is signed in by it: that comes next, with the second factor where the person has one. 404 as above, 400 for a common password. */
export const usePasswordLink = {
  name: 'usePasswordLink',
  method: 'POST',
  path: '/api/password-links/use',
  access: 'public',
  summary: 'Choose a password with a link, once',
  body: z.strictObject({ token, password: Password }),
  answer: nothing,
} as const satisfies ContractRow;
