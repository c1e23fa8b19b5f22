import { loadedKilobytes } from './script-size.ts';

const app = ['index.html', 'src/i18n/en.json'];
const shell = [...app, 'src/i18n/shell.en.json', 'src/shell/AppShell.vue'];
const fleet = ['src/i18n/fleet.en.json'];
/** The texts of pages that have their own. */
const objects = ['src/i18n/objects.en.json'];
const access = ['src/i18n/access.en.json'];
const feature = (path: string): string => `src/features/${path}.vue`;

test.each([
  ['login', [...app, feature('login/LoginPage')], 60],
  ['set-up', [...app, feature('setup/SetupPage')], 65],
  ['invitation', [...app, 'src/i18n/account.en.json', feature('login/InvitePage')], 65],
  ['account', [...shell, 'src/i18n/account.en.json', 'src/i18n/sso.en.json', feature('account/AccountPage')], 150],
  ['people', [...shell, 'src/i18n/account.en.json', feature('users/UsersPage')], 150],
  ['sign-in', [...shell, 'src/i18n/sso.en.json', feature('sign-in-settings/SignInSettingsPage')], 150],
  ['grants', [...shell, ...access, feature('access/GrantsPage'), feature('access/GrantSheet')], 150],
  ['matrix', [...shell, ...access, feature('access/MatrixPage'), feature('access/MatrixCell')], 150],
  ['teams', [...shell, ...access, feature('access/TeamsPage')], 150],
  ['roles', [...shell, ...access, feature('access/RolesPage'), feature('access/RoleSheet')], 150],
  ['host groups', [...shell, ...access, feature('access/HostGroupsPage')], 150],
  ['requests', [...shell, ...access, feature('access/RequestsPage'), feature('access/GrantSheet')], 150],
  ['explain', [...shell, ...access, feature('access/ExplainPage')], 150],
  ['tokens', [...shell, ...access, 'src/i18n/account.en.json', feature('tokens/TokensPage'), feature('account/NewTokenDialog')], 150],
  ['settings', [...shell, ...access, 'src/i18n/account.en.json', feature('settings/SettingsPage')], 150],
  ['overview', [...shell, ...fleet, feature('overview/OverviewPage')], 150],
  ['hosts', [...shell, ...fleet, feature('hosts/HostsPage')], 130],
  ['host', [...shell, ...fleet, feature('hosts/HostPage')], 150],
  ['containers', [...shell, feature('containers/ContainersPage')], 130],
  ['container', [...shell, feature('container/ContainerPage'), feature('container/LiveTab')], 150],
  // These are loaded beside their page, when they are first opened.
  ['the sheet that runs containers', ['src/i18n/run.en.json', feature('run/RunSheet')], 150],
  ['images', [...shell, ...objects, feature('images/ImagesPage')], 130],
  ['image', [...shell, ...objects, feature('images/ImagePage')], 130],
  ['volumes', [...shell, ...objects, feature('volumes/VolumesPage')], 130],
  ['volume', [...shell, ...objects, feature('volumes/VolumePage'), feature('files/FileEditor')], 150],
  ['networks', [...shell, ...objects, feature('networks/NetworksPage')], 130],
  ['network', [...shell, ...objects, feature('networks/NetworkPage')], 130],
  ['files of a container', [...shell, ...objects, feature('container/ContainerPage'), feature('container/FilesTab')], 150],
  ['logs of the fleet', [...shell, ...objects, feature('fleet-logs/FleetLogsPage')], 130],
  ['topology', [...shell, ...objects, feature('topology/TopologyPage')], 130],
])('%s loads no more than its budget of script', (_, sources, budget) => {
  expect(loadedKilobytes(sources, 'js')).toBeLessThanOrEqual(budget);
});

test('all styles of a page are 15 KB at most', () => {
  expect(loadedKilobytes([...shell, feature('container/ContainerPage'), feature('container/LiveTab')], 'css')).toBeLessThanOrEqual(15);
});

test('the editor of texts adds 125 KB of script at most to its page', () => {
  const page = [...shell, ...objects, feature('volumes/VolumePage'), feature('files/FileEditor')];
  expect(loadedKilobytes([...page, feature('files/CodeText')], 'js') - loadedKilobytes(page, 'js')).toBeLessThanOrEqual(125);
});
