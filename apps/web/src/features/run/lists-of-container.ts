import { type Fields, isEmpty, textOf, texts } from './inspected-values.ts';
import { sizeText } from './resource-texts.ts';
import type { RunForm } from './run-form.ts';

/** Devices, limits and rates, as lines. */
export function listsOf(host: Fields): Partial<RunForm> {
  const items = (key: string): Fields[] => (Array.isArray(host[key]) ? (host[key] as Fields[]) : []);
  const rates = (key: string, isSize: boolean): string =>
    items(key)
      .map((one) => `${textOf(one['Path'])}:${isSize ? sizeText(Number(one['Rate'])) : Number(one['Rate'])}`)
      .join('\n');
  const isOpen = Array.isArray(host['MaskedPaths']) && host['MaskedPaths'].length === 0 && host['Privileged'] !== true;
  return {
    securityOptions: [...texts(host['SecurityOpt']), ...(isOpen ? ['systempaths=unconfined'] : [])].join('\n'),
    devices: items('Devices')
      .map((one) => [one['PathOnHost'], one['PathInContainer'], one['CgroupPermissions']].map(textOf).filter(Boolean).join(':'))
      .join('\n'),
    gpus: gpusOf(items('DeviceRequests')),
    ulimits: items('Ulimits')
      .map((one) => `${textOf(one['Name'])}=${Number(one['Soft'])}:${Number(one['Hard'])}`)
      .join('\n'),
    blkioWeightDevices: items('BlkioWeightDevice')
      .map((one) => `${textOf(one['Path'])}:${Number(one['Weight'])}`)
      .join('\n'),
    readBps: rates('BlkioDeviceReadBps', true),
    writeBps: rates('BlkioDeviceWriteBps', true),
    readIops: rates('BlkioDeviceReadIOps', false),
    writeIops: rates('BlkioDeviceWriteIOps', false),
  };
}

/** As `--gpus` has it; '' where it asks for something else. */
export function gpusOf(requests: readonly Fields[]): string {
  const [only, ...others] = requests;
  if (!only || others.length > 0 || !isGpu(only)) return '';
  const ids = texts(only['DeviceIDs']);
  if (ids.length) return `device=${ids.join(',')}`;
  return Number(only['Count']) < 0 ? 'all' : String(Number(only['Count']));
}

const isGpu = (request: Fields): boolean => JSON.stringify(request['Capabilities']) === '[["gpu"]]' && isEmpty(request['Options']);
