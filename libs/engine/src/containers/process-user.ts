import { Failure } from '@gantry/base';

/** `process.user` of the OCI runtime specification. */
export interface ProcessUser {
  readonly uid: number;
  readonly gid: number;
  readonly additionalGids: readonly number[];
}

/** The container's /etc/passwd and /etc/group; '' where it has none. */
export interface UserFiles {
  readonly passwd: string;
  readonly group: string;
}

/**
 * Who runs, by `user`, `uid`, `user:group` or `uid:gid` and Docker's rules: a number needs no entry; a name must have one (`invalid`).
 * The groups in which the user is listed are added where no group is named. The own group is always one of the additional ones too: else a file
 * that the group may not read could be read by giving the group up (CVE-2022-36109).
 */
export function processUser(text: string, { passwd, group }: UserFiles, groupAdd: readonly string[] = []): ProcessUser {
  const colon = text.indexOf(':');
  const [who, groupText] = colon < 0 ? [text, undefined] : [text.slice(0, colon), text.slice(colon + 1)];
  const users = rows(passwd);
  const groups = rows(group);
  const entry =
    who === '' ? users.find(({ id }) => id === 0) : (users.find(({ name }) => name === who) ?? users.find(({ id }) => String(id) === who));
  if (who !== '' && !entry && isOutOfRange(who)) throw new Failure('invalid', 'uids and gids must be in range 0-2147483647');
  if (who !== '' && !entry && !isNumber(who))
    throw new Failure('invalid', `unable to find user ${who}: no matching entries in passwd file`);
  const uid = entry?.id ?? Number(who === '' ? 0 : who);
  const hasGroup = groupText !== undefined && groupText !== '';
  const gid = hasGroup ? groupId(groupText, groups) : Number(entry?.fields[3] ?? 0);
  const listed =
    hasGroup || !entry ? [] : groups.filter(({ fields }) => (fields[3] ?? '').split(',').includes(entry.name)).map(({ id }) => id);
  const added = groupAdd.map((name) => groupId(name, groups));
  return { uid, gid, additionalGids: [...new Set([gid, ...listed, ...added])] };
}

/** The home of a user by its number: `/` where /etc/passwd does not know it. */
export function homeOf(uid: number, passwd: string): string {
  return rows(passwd).find(({ id }) => id === uid)?.fields[5] ?? '/';
}

function groupId(text: string, groups: readonly Row[]): number {
  const found = groups.find(({ name }) => name === text) ?? groups.find(({ id }) => String(id) === text);
  if (found) return found.id;
  if (!isNumber(text)) throw new Failure('invalid', `unable to find group ${text}: no matching entries in group file`);
  return Number(text);
}

interface Row {
  readonly name: string;
  readonly id: number;
  readonly fields: readonly string[];
}

function rows(file: string): Row[] {
  const lines = file.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  return lines.map((line) => {
    const fields = line.trim().split(':');
    return { name: fields[0] ?? '', id: Number(fields[2]), fields };
  });
}

const isOutOfRange = (text: string): boolean => /^-?\d{1,19}$/.test(text) && !isNumber(text);
const isNumber = (text: string): boolean => /^\d{1,10}$/.test(text) && Number(text) < 2 ** 31;
