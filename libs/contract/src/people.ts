import { permissions, roleNames } from '@gantry/access';
import * as z from 'zod';

/** A name to sign in with; people type it, so its case does not matter. */
export const UserName = z
  .string()
  .trim()
  .toLowerCase()
  .min(2)
  .max(64)
  .regex(/^[\p{L}\p{N}][\p{L}\p{N}._@-]*$/u, 'letters, digits and . _ @ - only');

/** At least 12 characters; the upper bound keeps the cost of a hash bounded. Common passwords are refused by the server. */
export const Password = z.string().min(12, 'at least 12 characters').max(256);

export const RoleName = z.enum(roleNames);

export const Preferences = z
  .strictObject({
    theme: z.enum(['system', 'dark', 'light']),
    locale: z.enum(['en', 'zh-CN']),
    density: z.enum(['comfortable', 'compact']),
  })
  .meta({ id: 'Preferences' });
export type Preferences = z.infer<typeof Preferences>;

/** Whoever is signed in. */
export const Me = z
  .object({
    id: z.uuid(),
    name: z.string(),
    /** The strongest built-in role that they have everywhere; absent for somebody whose rights are in parts. */
    role: RoleName.optional(),
    /** What this person may do somewhere at least; pages hide the rest. */
    permissions: z.array(z.enum(permissions)),
    preferences: Preferences,
    /** This person has to set up a second factor before anything else is served. */
    needsSecondFactor: z.boolean(),
    /** The session ends at this time at the latest, and after 30 idle minutes. */
    sessionEndsAt: z.iso.datetime(),
  })
  .meta({ id: 'Me' });
export type Me = z.infer<typeof Me>;

export const User = z
  .object({
    id: z.uuid(),
    name: z.string(),
    /** A service has tokens only: it cannot sign in with a browser. */
    kind: z.enum(['person', 'service']),
    role: RoleName.optional(),
    /** `invited`: this person has not chosen a password yet. */
    state: z.enum(['invited', 'active', 'disabled']),
    hasSecondFactor: z.boolean(),
    createdAt: z.iso.datetime(),
    lastLoginAt: z.iso.datetime().optional(),
  })
  .meta({ id: 'User' });
export type User = z.infer<typeof User>;

/** Lets a person choose a password, once, until it expires. */
export const PasswordLink = z
  .object({
    /** What follows the server's address; the token is in the fragment, which browsers send to nobody. It is in this answer only. */
    path: z.string(),
    expiresAt: z.iso.datetime(),
  })
  .meta({ id: 'PasswordLink' });
export type PasswordLink = z.infer<typeof PasswordLink>;
