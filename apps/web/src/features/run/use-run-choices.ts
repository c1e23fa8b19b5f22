import { onScopeDispose, shallowRef, watch } from 'vue';
import { engineOn } from '../../api/engine.ts';

/** Names that a host has and the form can offer; what this person may not list is not offered. */
export function useRunChoices(host: () => string) {
  const images = shallowRef<readonly string[]>([]);
  const volumes = shallowRef<readonly string[]>([]);
  const networks = shallowRef<readonly string[]>([]);
  let asking = new AbortController();

  async function load(id: string): Promise<void> {
    asking.abort();
    const { signal } = (asking = new AbortController());
    const engine = engineOn(id);
    const list = async <Value>(route: 'ImageList' | 'VolumeList' | 'NetworkList'): Promise<Value | undefined> => {
      const answer = await engine.call(route, {}, signal).catch(() => undefined);
      return answer?.json<Value>();
    };
    const [found, kept, joined] = await Promise.all([
      list<{ RepoTags?: string[] | null }[]>('ImageList'),
      list<{ Volumes?: { Name: string }[] | null }>('VolumeList'),
      list<{ Name: string }[]>('NetworkList'),
    ]);
    if (signal.aborted) return;
    images.value = [...new Set(found?.flatMap(({ RepoTags }) => RepoTags ?? []))].filter((tag) => tag !== '<none>:<none>').sort();
    volumes.value = (kept?.Volumes ?? [])
      .map(({ Name }) => Name)
      .filter((name) => !/^[0-9a-f]{64}$/.test(name))
      .sort();
    networks.value = (joined ?? []).map(({ Name }) => Name).sort();
  }
  watch(
    host,
    (id) => {
      images.value = volumes.value = networks.value = [];
      if (id) void load(id);
    },
    { immediate: true },
  );
  onScopeDispose(() => asking.abort());
  return { images, volumes, networks };
}
