import { type Grant, grantOf, type Scope } from '@gantry/access';
import type { KnownHost } from '../hosts/host-directory.ts';
import { labelsIn, labelsToStamp, placingKeys, placingLabels } from './scope-labels.ts';

const host = { id: 'h1', groups: [], labels: {} } as unknown as KnownHost;
const grant = (scope: Scope, expiresAt?: Date): Grant => grantOf({ id: 'x', role: 'deployer', scope, ...(expiresAt ? { expiresAt } : {}) });
const stack = (project: string, on = 'h1'): Scope => ({ kind: 'stack', host: on, project });
const labelled = (...terms: readonly [key: string, value: string, isNot?: boolean][]): Scope => ({
  kind: 'labels',
  selector: terms.map(([key, value, isNot = false]) => ({ key, value, isNot })),
});
const project = (name: string): Record<string, string> => ({ 'com.docker.compose.project': name });
const stamp = (labels: Record<string, string>, ...scopes: readonly Scope[]): unknown =>
  labelsToStamp(
    labels,
    scopes.map((scope) => grant(scope)),
    { host, permission: 'volume:create' },
  );

test('a scope puts an object into it by labels: of its stack, or of what its selector says, not of what it excludes', () => {
  expect(labelsIn(stack('red'), host)).toEqual({ 'gantry.stack': 'red' });
  expect(labelsIn(stack('red', 'h2'), host)).toEqual({});
  expect(labelsIn(labelled(['team', 'web'], ['env', 'prod', true]), host)).toEqual({ 'gantry.label.team': 'web' });
  expect(labelsIn({ kind: 'global' }, host)).toEqual({});
});

test('what is made in the only part there is gets its labels; where nothing is a part, none', () => {
  expect(stamp({}, stack('red'))).toEqual({ 'gantry.stack': 'red' });
  expect(stamp({}, labelled(['team', 'web']))).toEqual({ 'gantry.label.team': 'web' });
  expect(stamp({})).toEqual({});
  expect(stamp({}, stack('red'), stack('red'))).toEqual({ 'gantry.stack': 'red' });
});

test('of several parts its own labels say which; where they do not, it is refused', () => {
  expect(stamp(project('blue'), stack('red'), stack('blue'))).toEqual({ 'gantry.stack': 'blue' });
  expect(stamp({ team: 'web' }, stack('red'), labelled(['team', 'web']))).toEqual({ 'gantry.label.team': 'web' });
  expect(stamp({ team: 'web' }, labelled(['team', 'db']), labelled(['team', 'web']))).toEqual({ 'gantry.label.team': 'web' });
  expect(stamp(project('red'), stack('red'), labelled(['team', 'web']))).toEqual({ 'gantry.stack': 'red' });
  expect(stamp(project('shop'), stack('red'), labelled(['team', 'web']))).toEqual({ 'gantry.label.team': 'web' });
  expect(() => stamp({}, stack('red'), stack('blue'))).toThrow('yours in several stacks here');
  expect(() => stamp({}, stack('red'), labelled(['team', 'web']))).toThrow('yours in several stacks here');
});

test('a project in which the caller has no part is refused by name', () => {
  expect(() => stamp(project('blue'), stack('red'))).toThrow('volume:create is needed in the stack blue');
});

test('labels by which live grants go place objects, and so do those of projects and of Gantry', () => {
  const grants = [grant(labelled(['team', 'web'], ['env', 'prod', true])), grant(labelled(['old', 'x']), new Date(0)), grant(stack('red'))];
  expect([...placingKeys(grants)]).toEqual(['team', 'env']);
  expect(['com.docker.compose.project', 'gantry.stack', 'gantry.label.team', 'team', 'gantryx'].map(placingLabels)).toEqual([
    ...[true, true, true],
    ...[false, false],
  ]);
});
