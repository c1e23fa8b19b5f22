import { accessSync, constants, existsSync } from 'node:fs';
import { userInfo } from 'node:os';

/** The shell of the agent's own user, as a login at the console would start it. */
export interface LoginShell {
  readonly user: string;
  /** Absolute path. */
  readonly program: string;
  readonly home: string;
  readonly environment: Readonly<Record<string, string>>;
}

const usualPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** Where the user has none that runs, as a service account. */
const usualShell = '/bin/sh';
const refusing = /\/(nologin|false)$/;

/** With an environment of its own: what the agent was started with stays with the agent. */
export function loginShell(): LoginShell {
  const { username: user, homedir, shell } = userInfo();
  const program = shell !== null && !refusing.test(shell) && mayRun(shell) ? shell : usualShell;
  const home = existsSync(homedir) ? homedir : '/';
  const environment = { HOME: home, USER: user, LOGNAME: user, SHELL: program, PATH: usualPath, TERM: 'xterm-256color' };
  return { user, program, home, environment };
}

function mayRun(program: string): boolean {
  try {
    accessSync(program, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
