import type { MessageKey } from '../../i18n/i18n.ts';
import { flagsOf, quoted, recordOf } from '../lists/pairs.ts';
import type { PairForm } from '../run/run-form.ts';
import type { NewNetwork, Pool } from './networks.ts';

export const networkDrivers = ['bridge', 'macvlan', 'ipvlan', 'overlay'] as const;

/** What the person has filled in, as written. */
export interface NetworkForm {
  readonly name: string;
  readonly driver: (typeof networkDrivers)[number];
  readonly subnet: string;
  readonly gateway: string;
  readonly range: string;
  readonly hasIpv6: boolean;
  readonly subnet6: string;
  readonly gateway6: string;
  readonly isInternal: boolean;
  readonly options: readonly PairForm[];
  readonly labels: readonly PairForm[];
}

export const emptyNetwork: NetworkForm = {
  ...{ name: '', driver: 'bridge', subnet: '', gateway: '', range: '', hasIpv6: false, subnet6: '', gateway6: '', isInternal: false },
  ...{ options: [], labels: [] },
};

const subnetPattern = /^[0-9a-f.:]+\/\d{1,3}$/i;
const addressPattern = /^[0-9a-f.:]+$/i;

/** What cannot be made as written, by field; the engine has the last word. */
export function networkProblems(form: NetworkForm): Partial<Record<keyof NetworkForm, MessageKey>> {
  const problems: Partial<Record<keyof NetworkForm, MessageKey>> = {};
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(form.name.trim())) problems.name = 'networks.badName';
  for (const field of ['subnet', 'range', 'subnet6'] as const) {
    if (form[field].trim() && !subnetPattern.test(form[field].trim())) problems[field] = 'networks.badSubnet';
  }
  for (const field of ['gateway', 'gateway6'] as const) {
    if (form[field].trim() && !addressPattern.test(form[field].trim())) problems[field] = 'networks.badAddress';
  }
  if ((form.gateway.trim() || form.range.trim()) && !form.subnet.trim()) problems.subnet = 'networks.needsSubnet';
  if (form.gateway6.trim() && !form.subnet6.trim()) problems.subnet6 = 'networks.needsSubnet';
  return problems;
}

export function newNetwork(form: NetworkForm): NewNetwork {
  return {
    ...{ name: form.name.trim(), driver: form.driver, isInternal: form.isInternal, hasIpv6: form.hasIpv6, pools: poolsOf(form) },
    ...{ options: recordOf(form.options), labels: recordOf(form.labels) },
  };
}

function poolsOf(form: NetworkForm): Pool[] {
  const four = { subnet: form.subnet.trim(), gateway: form.gateway.trim(), range: form.range.trim() };
  const six = { subnet: form.subnet6.trim(), gateway: form.gateway6.trim(), range: '' };
  return [...(four.subnet ? [four] : []), ...(form.hasIpv6 && six.subnet ? [six] : [])];
}

/** The same as one would type it. */
export function networkCommand(form: NetworkForm): string {
  const pools = poolsOf(form).map(
    ({ subnet, gateway, range }) => ` --subnet ${subnet}${gateway ? ` --gateway ${gateway}` : ''}${range ? ` --ip-range ${range}` : ''}`,
  );
  const flags = `${form.isInternal ? ' --internal' : ''}${form.hasIpv6 ? ' --ipv6' : ''}`;
  const driver = form.driver === 'bridge' ? '' : ` -d ${form.driver}`;
  const more = `${flagsOf('-o', form.options)}${flagsOf('--label', form.labels)}`;
  return `docker network create${driver}${pools.join('')}${flags}${more} ${form.name.trim() ? quoted(form.name.trim()) : '…'}`;
}
