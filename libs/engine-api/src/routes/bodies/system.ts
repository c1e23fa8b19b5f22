import { struct, text } from './go-types.ts';

export const auth = struct({
  username: text,
  password: text,
  auth: text,
  email: text,
  serveraddress: text,
  identitytoken: text,
  registrytoken: text,
});
