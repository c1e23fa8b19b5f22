import { statSync } from 'node:fs';

/** Suites that take a minute and more, though their files are small: begun last, one of them would run alone beside an idle core. */
const long = [
  'crash.linux',
  'conformance/dockerd.linux',
  'linked-dockerd.linux',
  'testing/pages',
  'clients.linux',
  'native-conformance.linux',
  'access/matrix',
  'commands/up.linux',
];

/** The order in which jest begins the suites: the long ones, then by the size of the file. */
export default class LongFirst {
  sort(tests) {
    const place = ({ path }) => long.findIndex((name) => path.includes(`${name}.spec.ts`));
    const rank = (test) => (place(test) < 0 ? long.length : place(test));
    const size = new Map(tests.map(({ path }) => [path, statSync(path).size]));
    return [...tests].sort((a, b) => rank(a) - rank(b) || (size.get(b.path) ?? 0) - (size.get(a.path) ?? 0));
  }

  shard(tests) {
    return tests;
  }

  allFailedTests(tests) {
    return tests;
  }

  cacheResults() {}
}
