import type { Host } from '@gantry/contract';
import { computed, type ComputedRef } from 'vue';
import { engineOn } from '../../api/engine.ts';
import { useSession } from '../../api/session.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { text } from '../../i18n/i18n.ts';

interface Info {
  readonly Driver?: string;
  readonly CgroupVersion?: string;
  readonly CgroupDriver?: string;
  readonly DockerRootDir?: string;
  readonly DefaultRuntime?: string;
}

/** What a host's engine says of itself, as names and values; nothing while it cannot be asked, or to whoever may not. */
export function useEngineInfo(host: () => Host | undefined): ComputedRef<readonly (readonly [string, string])[]> {
  const session = useSession();
  const asked = computed(() => {
    const { id, status, link } = host() ?? {};
    return id && status === 'active' && link !== 'offline' && session.permissions.has('engine:info') ? id : undefined;
  });
  const { answer } = useAnswer(asked, async (signal) => {
    if (asked.value === undefined) return undefined;
    return (await engineOn(asked.value).call('SystemInfo', {}, signal)).json<Info>();
  });
  return computed(() => {
    if (!answer.value) return [];
    const { Driver, CgroupVersion = '', CgroupDriver = '', DockerRootDir, DefaultRuntime } = answer.value;
    const facts: [string, string | undefined][] = [
      [text('usage.storage'), Driver],
      [text('usage.cgroups'), [CgroupVersion && `v${CgroupVersion}`, CgroupDriver].filter(Boolean).join(' · ')],
      [text('usage.runtime'), DefaultRuntime],
      [text('usage.directory'), DockerRootDir],
    ];
    return facts.flatMap(([name, value]) => (value ? [[name, value] as const] : []));
  });
}
