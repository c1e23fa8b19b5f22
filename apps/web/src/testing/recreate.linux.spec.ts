import { closedAfterEach } from '@gantry/base/testing';
import { askEngine, becomeOwner, gantryUp, loadBusybox, runBusybox } from './gantry-up.ts';
import { openBrowser } from './open-page.ts';

// A container is duplicated, changed while it runs, and made anew, over the real engine: what does not run is never left in its place.
const opened = closedAfterEach();

interface Told {
  readonly Id: string;
  readonly State: { readonly Running: boolean; readonly StartedAt: string };
  readonly Config: { readonly Env: readonly string[] };
  readonly HostConfig: { readonly Memory: number };
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, { readonly MacAddress: string }>> };
  readonly Mounts: readonly { readonly Name: string; readonly Destination: string }[];
}

const mac = '02:00:00:00:0a:07';
const macsOf = ({ NetworkSettings: { Networks } }: Told): string[] => Object.values(Networks).map(({ MacAddress }) => MacAddress);
const volumesOf = ({ Mounts }: Told): string[] => Mounts.map(({ Name, Destination }) => `${Destination} ${Name}`).sort();

test('a container with volumes is duplicated, limited while it runs, kept where its successor does not start, and replaced where it does', async () => {
  const gantry = opened.use(await gantryUp());
  await loadBusybox(gantry.socket);
  await askEngine(gantry.socket, 'POST /images/busybox:latest/tag?repo=shop/other&tag=1');
  const told = async (name: string): Promise<Told> => JSON.parse(await askEngine(gantry.socket, `GET /containers/${name}/json`)) as Told;
  const id = await runBusybox(gantry.socket, 'web', {
    Volumes: { '/cache': {} },
    HostConfig: { Binds: ['data:/data'] },
    Env: ['MODE=one'],
    NetworkingConfig: { EndpointsConfig: { bridge: { MacAddress: mac } } },
  });
  const first = await told('web');
  const { page, complaints } = opened.use(await openBrowser());
  await becomeOwner(page, gantry.address);
  await page.goto(new URL('/containers', gantry.address).href);
  await page.getByRole('link', { name: 'web', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'web' }).waitFor();

  await page.keyboard.press('d');
  const duplicate = page.getByRole('dialog', { name: 'Duplicate web' });
  await duplicate.getByText('-v data:/data').waitFor();
  await duplicate.getByRole('button', { name: 'Run', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'web-copy' }).waitFor();
  const copy = await told('web-copy');
  expect(copy.State.Running).toBe(true);
  expect(volumesOf(copy).includes('/data data')).toBe(true);
  expect(volumesOf(copy)).not.toEqual(volumesOf(first));
  expect([macsOf(first), macsOf(copy).includes(mac)]).toEqual([[mac], false]);

  await page.keyboard.press('e');
  const edit = page.getByRole('dialog', { name: 'Edit web-copy' });
  await edit.getByLabel('Find an option').fill('--memory');
  await edit.getByLabel('Memory limit').fill('96m');
  await edit.getByText('docker update --memory 96m web-copy').waitFor();
  await edit.getByRole('button', { name: 'Save' }).click();
  await edit.waitFor({ state: 'detached' });
  const limited = await told('web-copy');
  expect([limited.Id, limited.State.StartedAt, limited.HostConfig.Memory]).toEqual([copy.Id, copy.State.StartedAt, 96 * 1024 ** 2]);

  await page.goto(new URL('/containers', gantry.address).href);
  await page.getByRole('button', { name: 'Actions for web', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Edit' }).click();
  const broken = page.getByRole('dialog', { name: 'Edit web' });
  await broken.getByLabel('Image', { exact: true }).fill('shop/other:1');
  await broken.getByLabel('Command', { exact: true }).fill('/nothing-here');
  await broken.getByText('This needs a new container in its place').waitFor();
  await broken.getByRole('button', { name: 'Recreate' }).click();
  await broken.getByRole('alert').getByText('container web is as it was').waitFor();
  expect(await told('web')).toMatchObject({ Id: id, State: { Running: true } });

  await broken.getByLabel('Command', { exact: true }).fill(`sh -c 'while true; do sleep 1; done'`);
  await broken.getByLabel('Value').first().fill('two');
  await broken.getByRole('button', { name: 'Recreate' }).click();
  await broken.waitFor({ state: 'detached' });
  await page.getByRole('heading', { level: 1, name: 'web' }).waitFor();
  const second = await told('web');
  expect(second.Id).not.toBe(id);
  expect(second.Config.Env).toContain('MODE=two');
  expect([second.State.Running, volumesOf(second), macsOf(second)]).toEqual([true, volumesOf(first), [mac]]);
  const all = JSON.parse(await askEngine(gantry.socket, 'GET /containers/json?all=1')) as { Names: string[] }[];
  expect(all.flatMap(({ Names }) => Names).sort()).toEqual(['/web', '/web-copy']);
  // Chromium tells of the one answer that was asked for: the container that did not start.
  expect(complaints.filter((one) => !/status of (4|5)\d\d/.test(one))).toEqual([]);
}, 240_000);
