import type { Flag } from '../command-line.ts';

export const roots = {
  'data-root': { value: 'DIR', variable: 'GANTRY_DATA_ROOT', help: 'what must survive a restart; /var/lib/gantry' },
  'run-root': { value: 'DIR', variable: 'GANTRY_RUN_ROOT', help: 'sockets and what is lost at boot; /run/gantry' },
} satisfies Record<string, Flag>;

export const serving = {
  port: { value: 'PORT', variable: 'GANTRY_PORT', help: 'where the server listens; 7443' },
  'engine-port': {
    value: 'PORT|off',
    variable: 'GANTRY_ENGINE_PORT',
    help: 'where the docker CLI of others comes in, by client certificates; the port after it',
  },
  listen: { value: 'ADDRESS', variable: 'GANTRY_LISTEN', help: 'one address to listen on; all' },
  url: { value: 'URL', variable: 'GANTRY_URL', help: 'how people reach it: the name in certificate and install lines' },
  tls: { value: 'on|off', variable: 'GANTRY_TLS', help: 'https with a certificate of its own authority; on' },
  'behind-proxy': { variable: 'GANTRY_BEHIND_PROXY', help: 'a proxy in front serves https' },
} satisfies Record<string, Flag>;

export const choosing = {
  engine: { value: 'KIND', variable: 'GANTRY_ENGINE', help: 'auto, native, or docker for one that runs already; auto' },
  'docker-socket': { value: 'PATH', variable: 'GANTRY_DOCKER_SOCKET', help: 'where that Docker or Podman answers; the usual places' },
} satisfies Record<string, Flag>;

export const installing = { 'no-install': { help: 'install nothing: where something is missing, say what and end' } } satisfies Record<
  string,
  Flag
>;
