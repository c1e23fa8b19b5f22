import type { Looking } from './looking.ts';
import { type ContainerItem, containerOf } from './told-things.ts';

type Json = Readonly<Record<string, unknown>>;

const modes = ['NetworkMode', 'PidMode', 'IpcMode', 'Cgroup'] as const;
const hidden = 'container:(not yours)';

/** The names of an item of a list that are its own: a link's name holds the name of the container that has the link, which the caller may not see. */
export function withOwnNames<Item extends ContainerItem>(item: Item, { things: { sight } }: Pick<Looking, 'things'>): Item {
  if (sight.seesEverything || !item.Names) return item;
  return { ...item, Names: item.Names.filter((name) => !name.slice(1).includes('/')) };
}

/** The settings of an inspected container without other containers that the caller does not see: links, volumes that are taken over, shared namespaces. */
export async function withoutForeignReferences(answer: unknown, { things }: Looking): Promise<unknown> {
  const { HostConfig } = answer as { readonly HostConfig?: Json | null };
  if (things.sight.seesEverything || !HostConfig || !namesOthers(HostConfig)) return answer;
  const seen = new Set((await things.seenContainers()).map(containerOf).flatMap(({ id, name }) => [id, id.slice(0, 12), name]));
  const isSeen = (text: string): boolean => seen.has(text.replace(/^\//, '').split(':')[0] ?? '');
  const shared = modes.flatMap((mode) => {
    const other = otherOf(HostConfig[mode]);
    return other === undefined || isSeen(other) ? [] : [[mode, hidden] as const];
  });
  const lists = (['Links', 'VolumesFrom'] as const).flatMap((key) => {
    const texts = HostConfig[key] as readonly string[] | null | undefined;
    return texts ? [[key, texts.filter(isSeen)] as const] : [];
  });
  return { ...(answer as Json), HostConfig: { ...HostConfig, ...Object.fromEntries<unknown>([...shared, ...lists]) } };
}

function namesOthers(config: Json): boolean {
  const lists = [config['Links'], config['VolumesFrom']];
  return lists.some((texts) => Array.isArray(texts) && texts.length > 0) || modes.some((mode) => otherOf(config[mode]) !== undefined);
}

function otherOf(mode: unknown): string | undefined {
  return typeof mode === 'string' && mode.startsWith('container:') ? mode.slice('container:'.length) : undefined;
}
