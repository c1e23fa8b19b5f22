import { mergedEnv, processEnv } from '../containers/requested-config.ts';
import { type MachineFacts, processRights } from '../containers/runtime-spec.ts';
import type { ManagedContainer } from '../containers/managed-container.ts';
import type { ProcessUser } from '../containers/process-user.ts';
import type { ExecConfig } from './exec.ts';

/** The OCI process of an exec: the container's own environment, rights and directory where the request does not say otherwise. */
export function execProcess(
  container: ManagedContainer,
  config: ExecConfig,
  { machine, user }: { machine: MachineFacts; user: ProcessUser },
): object {
  const { record } = container;
  const rights = config.isPrivileged ? { ...record, hostConfig: { ...record.hostConfig, Privileged: true } } : record;
  const directory = config.workingDirectory === '' ? record.config.WorkingDir : config.workingDirectory;
  const env = mergedEnv(config.env, processEnv({ ...record.config, Tty: config.tty }));
  return {
    terminal: config.tty,
    ...(config.tty && config.consoleSize && { consoleSize: { height: config.consoleSize[0], width: config.consoleSize[1] } }),
    user,
    args: config.command,
    env,
    cwd: directory === '' ? '/' : directory,
    ...processRights(rights, { machine, user }),
  };
}
