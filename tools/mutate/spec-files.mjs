import { globSync } from 'node:fs';
import { root } from './mutants.mjs';

const server = 'apps/server/src';
const filesOf = (patterns) => globSync(patterns, { cwd: root }).sort();

/** Specs that need no server: they run in milliseconds. */
export const fastSpecs = filesOf([
  'libs/access/src/**/*.spec.ts',
  `${server}/door/{scopes,lists,event-answers,known-things,rules,reserved-labels,masks,revealing,proof-rule,effects,sight,event-sight,host-binds,scope-labels,exec-owners,exec-rule,as-created,container-answers,deed-details,audited-answer,collect,error-answers,foreign-references,held-answer,image-answers,forward}.spec.ts`,
  `${server}/access/{access.guard,resources}.spec.ts`,
  `${server}/http/foreign-upgrade.spec.ts`,
  `${server}/sessions/authenticator.spec.ts`,
]);

/** Every route by every role: no server, but seconds. */
export const wideSpecs = [`${server}/door/matrix.spec.ts`];

/** Specs with a real server and its database, the quickest first. */
export const serverSpecs = [
  'access/rights',
  'access/grants',
  'access/rows',
  'access/policy',
  'door/door',
  'door/revocation',
  'browsers/audience',
  'browsers/browsers',
].map((name) => `${server}/${name}.spec.ts`);
