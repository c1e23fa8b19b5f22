import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '@gantry/base';
import type { IdMapping, IdRange } from '@gantry/linux';

/** The user whose ids are taken where the setting says `default`, as dockerd calls it. */
const defaultUser = 'dockremap';

/**
 * The ids of containers, undefined where they have the host's, by dockerd's `userns-remap` (`default`, `user`, `user:group`, `uid` or `uid:gid`): those that /etc/subuid and /etc/subgid give to that user
 * and group, the lowest of which is root in containers. Nothing is changed there. Fails with `invalid`, and names the setting and the entry that is missing or wrong.
 */
export async function subordinateIds(setting: string | undefined, etc = '/etc'): Promise<IdMapping | undefined> {
  if (setting === undefined) return undefined;
  const source: Source = { setting, etc };
  const [userText = '', groupText, ...rest] = setting.split(':');
  if (rest.length > 0 || userText === '' || groupText === '') throw wrong(source, 'must be "default", user, user:group, uid or uid:gid');
  const isDefault = setting === 'default';
  const user = await entryOf(source, { file: 'passwd', wanted: isDefault ? defaultUser : userText });
  if (user.id === 0) throw wrong(source, 'root cannot be remapped with itself');
  const group = await entryOf(source, { file: 'group', wanted: isDefault ? defaultUser : (groupText ?? userText) });
  const [uids, gids] = await Promise.all([rangesOf(source, 'subuid', [user]), rangesOf(source, 'subgid', [group, user])]);
  return { uids, gids };
}

interface Source {
  readonly setting: string;
  readonly etc: string;
}

interface Entry {
  readonly name: string;
  readonly id: number;
}

const wrong = ({ setting }: Source, why: string): Failure =>
  new Failure('invalid', `"userns-remap": ${JSON.stringify(setting)}: ${why}`, { details: { setting } });

async function linesOf(source: Source, file: string): Promise<string[][]> {
  const text = await readFile(join(source.etc, file), 'utf8').catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw cause;
  });
  const lines = text.split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.split(':'));
}

/** A number is an id, anything else a name. */
async function entryOf(source: Source, { file, wanted }: { file: 'passwd' | 'group'; wanted: string }): Promise<Entry> {
  const entries = (await linesOf(source, file)).map(([name = '', , id = '']) => ({ name, id: Number(id) }));
  const isNumber = /^\d+$/.test(wanted);
  const found = entries.find(({ name, id }) => (isNumber ? id === Number(wanted) : name === wanted));
  if (found !== undefined) return found;
  const what = file === 'passwd' ? 'user' : 'group';
  const hint = wanted === defaultUser && what === 'user' ? ` (make it by: useradd --system --user-group --no-create-home ${wanted})` : '';
  throw wrong(source, `there is no ${what} ${wanted} in ${source.etc}/${file}${hint}`);
}

/** All ranges of the first of these names or ids that has any; they follow each other inside, the lowest first. */
async function rangesOf(source: Source, file: 'subuid' | 'subgid', owners: readonly Entry[]): Promise<IdRange[]> {
  const lines = await linesOf(source, file);
  for (const { name, id } of owners) {
    const own = lines.filter(([owner]) => owner === name || owner === String(id));
    if (own.length === 0) continue;
    const ranges = own.map((line) => parseRange(source, file, line)).sort((one, other) => one.host - other.host);
    let container = 0;
    return ranges.map(({ host, size }) => {
      const range = { container, host, size };
      container += size;
      return range;
    });
  }
  const [owner] = owners;
  const name = owner?.name ?? '';
  throw wrong(source, `there is no entry of ${name} in ${source.etc}/${file} (such as ${name}:100000:65536)`);
}

function parseRange(source: Source, file: string, line: readonly string[]): Pick<IdRange, 'host' | 'size'> {
  const [, first = '', count = ''] = line;
  const [host, size] = [first, count].map((text) => (/^\d{1,10}$/.test(text) ? Number(text) : -1)) as [number, number];
  const isRange = line.length === 3 && host > 0 && size > 0 && host + size <= 2 ** 32 - 1;
  if (!isRange) throw wrong(source, `the entry ${line.join(':')} in ${source.etc}/${file} is not name:first-id:count`);
  return { host, size };
}
