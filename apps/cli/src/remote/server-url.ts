import { Trouble } from '../trouble.ts';

/** The address of a server as a person gives it, without a path. Passwords never cross a network in the clear: http is for this machine only. */
export function serverUrl(given: string): URL {
  const url = URL.parse(/^[a-z]+:\/\//i.test(given) ? given : `https://${given}`);
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:')
    throw new Trouble(`${given} is not the address of a server: expected as https://gantry.example.org:7443`, 2);
  if (url.protocol === 'http:' && !/^(localhost|127\.[\d.]+|\[::1\])$/.test(url.hostname))
    throw new Trouble(`${given} would send what proves who you are in the clear: use https`, 2);
  return new URL(url.origin);
}
