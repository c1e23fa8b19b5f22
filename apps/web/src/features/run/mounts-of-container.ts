import { type Fields, isEmpty, record, textOf, texts } from './inspected-values.ts';
import type { MountForm } from './run-form.ts';

/** What is mounted now: binds and mounts as they were asked for, and the volumes that got a name from the engine. */
export function mountsOf(inspected: Fields, host: Fields): MountForm[] {
  const binds = texts(host['Binds']).map((bind): MountForm => {
    const [source = '', target = '', options = ''] = bind.split(':');
    return { kind: source.startsWith('/') ? 'bind' : 'volume', source, target, ...modesOf(options) };
  });
  const asked = simpleMounts(host).map((mount): MountForm => {
    const kind = mount['Type'] === 'bind' ? 'bind' : mount['Type'] === 'tmpfs' ? 'tmpfs' : 'volume';
    return { kind, source: textOf(mount['Source']), target: textOf(mount['Target']), isReadOnly: mount['ReadOnly'] === true, options: '' };
  });
  const memory = Object.entries(record(host['Tmpfs'])).map(([target, options]): MountForm => ({
    kind: 'tmpfs',
    source: '',
    target,
    ...modesOf(textOf(options)),
  }));
  const named = [...binds, ...asked.filter(({ kind, source }) => kind !== 'volume' || source), ...memory];
  const covered = new Set([...named.map(({ target }) => target), ...strangeMounts(host).map((mount) => textOf(mount['Target']))]);
  const unnamed = (Array.isArray(inspected['Mounts']) ? (inspected['Mounts'] as Fields[]) : [])
    .filter((mount) => mount['Type'] === 'volume' && !covered.has(textOf(mount['Destination'])) && !isFromOthers(host))
    .map((mount): MountForm => {
      const source = textOf(mount['Name']);
      return { kind: 'volume', source, target: textOf(mount['Destination']), isReadOnly: mount['RW'] === false, options: '' };
    });
  return [...named, ...unnamed];
}

/** With `--volumes-from` one cannot tell whose volumes they are: the other container brings them again. */
function isFromOthers(host: Fields): boolean {
  return texts(host['VolumesFrom']).length > 0;
}

function modesOf(options: string): Pick<MountForm, 'isReadOnly' | 'options'> {
  const words = options.split(',').filter((word) => word && word !== 'rw');
  return { isReadOnly: words.includes('ro'), options: words.filter((word) => word !== 'ro').join(',') };
}

const simpleFields = ['Type', 'Source', 'Target', 'ReadOnly'];

function isSimple(mount: Fields): boolean {
  const isKnown = ['volume', 'bind', 'tmpfs'].includes(textOf(mount['Type']));
  return isKnown && Object.entries(mount).every(([key, value]) => simpleFields.includes(key) || isEmpty(value));
}

const allMounts = (host: Fields): Fields[] => (Array.isArray(host['Mounts']) ? (host['Mounts'] as Fields[]) : []);
const simpleMounts = (host: Fields): Fields[] => allMounts(host).filter(isSimple);
/** Those with settings that a row of the form has no place for. */
export const strangeMounts = (host: Fields): Fields[] => allMounts(host).filter((mount) => !isSimple(mount));
