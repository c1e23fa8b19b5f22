import { hostOwner, type Owner } from '@gantry/linux';
import { runOf } from '../containers/container.ts';
import { type ContainersHost, idsOf } from '../containers/containers-host.ts';
import { homeOf, processUser } from '../containers/process-user.ts';
import { readInRootfs } from '../containers/read-in-rootfs.ts';
import { mergedEnv, processEnv } from '../containers/requested-config.ts';
import { processRights } from '../containers/runtime-spec.ts';
import type { ManagedContainer } from '../containers/managed-container.ts';
import type { ExecConfig } from './exec.ts';

export interface ExecProcess {
  /** `process` of the OCI runtime specification. */
  readonly spec: object;
  /** Who it is on the host; undefined: the same as in the container. */
  readonly owner: Owner | undefined;
}

/** The OCI process of an exec in a running container: the container's own user, environment, rights and directory where the request does not say otherwise. */
export async function execProcess(
  { machine, ids }: Pick<ContainersHost, 'machine' | 'ids'>,
  container: ManagedContainer,
  config: ExecConfig,
): Promise<ExecProcess> {
  const { record } = container;
  const rootfs = `/proc/${runOf(container.state)?.init.pid ?? 0}/root`;
  const [passwd, group] = await Promise.all([readInRootfs(rootfs, 'etc/passwd'), readInRootfs(rootfs, 'etc/group')]);
  const user = processUser(config.user === '' ? record.config.User : config.user, { passwd, group }, record.hostConfig.GroupAdd ?? []);
  const rights = config.isPrivileged ? { ...record, hostConfig: { ...record.hostConfig, Privileged: true } } : record;
  const directory = config.workingDirectory === '' ? record.config.WorkingDir : config.workingDirectory;
  const env = mergedEnv(config.env, processEnv({ ...record.config, Tty: config.tty }, [`HOME=${homeOf(user.uid, passwd)}`]));
  const mapping = idsOf({ ids }, record);
  const spec = {
    terminal: config.tty,
    ...(config.tty && config.consoleSize && { consoleSize: { height: config.consoleSize[0], width: config.consoleSize[1] } }),
    user,
    args: config.command,
    env,
    cwd: directory === '' ? '/' : directory,
    ...processRights(rights, { machine, user }),
  };
  return { spec, owner: mapping && hostOwner(mapping, user) };
}
