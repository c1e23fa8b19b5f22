import { loadedKilobytes } from './script-size.ts';

const app = ['index.html', 'src/i18n/en.json'];
const shell = [...app, 'src/shell/AppShell.vue'];
const feature = (path: string): string => `src/features/${path}.vue`;

test.each([
  ['login', [...app, feature('login/LoginPage')], 60],
  ['set-up', [...app, feature('setup/SetupPage')], 65],
  ['overview', [...shell, feature('overview/OverviewPage')], 150],
  ['hosts', [...shell, feature('hosts/HostsPage')], 130],
  ['host', [...shell, feature('hosts/HostPage')], 150],
  ['containers', [...shell, feature('containers/ContainersPage')], 130],
  ['container', [...shell, feature('container/ContainerPage'), feature('container/LiveTab')], 150],
])('%s loads no more than its budget of script', (_, sources, budget) => {
  expect(loadedKilobytes(sources, 'js')).toBeLessThanOrEqual(budget);
});

test('all styles of a page are 15 KB at most', () => {
  expect(loadedKilobytes([...shell, feature('container/ContainerPage'), feature('container/LiveTab')], 'css')).toBeLessThanOrEqual(15);
});
