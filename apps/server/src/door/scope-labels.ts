import { type Grant, isLive, type Labels, type Permission, type Scope, selects } from '@gantry/access';
import { Failure } from '@gantry/base';
import type { KnownHost } from '../hosts/host-directory.ts';
import { composeProject, stackStamp, stampPrefix } from './place.ts';

/** The labels that put an object of the host into the scope. */
export function labelsIn(scope: Scope, host: Pick<KnownHost, 'id'>): Labels {
  if (scope.kind === 'stack' && scope.host === host.id) return { [stackStamp]: scope.project };
  if (scope.kind !== 'labels') return {};
  return Object.fromEntries(scope.selector.filter(({ isNot }) => !isNot).map(({ key, value }) => [`${stampPrefix}${key}`, value]));
}

/**
 * The labels to be written on a new object of somebody who may make it only in parts of the host: those of the one part that its own labels are
 * in, else of the only part there is. `invalid` where several parts fit and nothing says which.
 */
export function labelsToStamp(
  labels: Labels,
  parts: readonly Grant[],
  { host, permission }: { host: KnownHost; permission: Permission },
): Labels {
  if (parts.length === 0) return {};
  const { [composeProject]: project = '' } = labels;
  const isFree = project === '';
  const stacks = parts.filter(({ scope }) => scope.kind === 'stack' && (isFree || scope.project === project));
  const selectors = parts.filter(({ scope }) => scope.kind === 'labels');
  const matching = selectors.filter(({ scope }) => scope.kind === 'labels' && selects(scope.selector, labels));
  const fitting = (isFree ? [matching, parts] : [stacks, matching, selectors]).find((some) => some.length > 0) ?? [];
  const choices = [
    ...new Map(fitting.map(({ scope }) => labelsIn(scope, host)).map((choice) => [JSON.stringify(choice), choice])).values(),
  ];
  const [one, other] = choices;
  if (!one) throw new Failure('forbidden', `${permission} is needed in the stack ${project}`);
  if (other) throw new Failure('invalid', `${permission} is yours in several stacks here: say in which by the label ${composeProject}`);
  return one;
}

/** Keys of labels by which some grant that counts now says what it is for. */
export function placingKeys(grants: readonly Grant[]): ReadonlySet<string> {
  const now = new Date();
  const live = grants.filter((grant) => isLive(grant, now));
  return new Set(live.flatMap(({ scope }) => (scope.kind === 'labels' ? scope.selector.map(({ key }) => key) : [])));
}

/** Whether the label says where an object belongs. */
export function placingLabels(name: string): boolean {
  return name === composeProject || name.startsWith('gantry.');
}
