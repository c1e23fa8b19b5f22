import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type TemporaryDirectory, temporaryDirectory } from '@gantry/base/testing';
import { Database } from '@gantry/db';
import { container } from '../testing/agent.ts';
import { answerWhy } from './why-command.ts';

type Given = Parameters<Database['prisma']['grant']['create']>[0]['data'];

let directory: TemporaryDirectory;
let database: Database;
/** As the command opens it, beside the one that runs. */
let reading: Database;
let [fra1, fra2, web] = ['', '', ''];

beforeAll(async () => {
  directory = await temporaryDirectory();
  const roots = { dataRoot: join(directory.path, 'data'), runRoot: join(directory.path, 'run') };
  database = await Database.open(roots);
  reading = await Database.openToRead(roots);
  [fra1, fra2] = [await host('fra1', { tier: 'gold' }), await host('fra2')];
  await runs(fra1, 'a', { name: 'web', labels: { 'com.docker.compose.project': 'shop' } });
  await runs(fra1, 'b', { name: 'loose\u001b[2J' });
  await runs(fra2, 'c', { name: 'other' });
  const { id } = await database.prisma.team.create({ data: { name: 'web' } });
  web = id;
  await person('ada', { builtIn: 'owner', scope: 'global' });
});
afterAll(async () => {
  await reading[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

async function host(name: string, labels: Record<string, string> = {}): Promise<string> {
  const id = randomUUID();
  await database.prisma.host.create({ data: { id, name, publicKey: `key of ${id}`, status: 'active', labels } });
  return id;
}

async function runs(hostId: string, digit: string, change: Parameters<typeof container>[1]): Promise<void> {
  const report = container(digit, change);
  await database.prisma.knownContainer.create({
    data: { hostId, containerId: report.id, report: JSON.parse(JSON.stringify(report)) as object },
  });
}

/** Somebody new with these grants. */
async function person(name: string, ...grants: readonly Omit<Given, 'createdBy'>[]): Promise<string> {
  const { id: userId } = await database.prisma.user.create({ data: { name, passwordHash: 'none' } });
  for (const grant of grants) await database.prisma.grant.create({ data: { createdBy: 'ada', ...grant, userId } as Given });
  return userId;
}

async function why(...words: string[]): Promise<[boolean, ...string[]]> {
  const { isAllowed, lines } = await answerWhy(reading, words);
  return [isAllowed, ...lines];
}

test('the grant that allows is named with its team and where it holds', async () => {
  const userId = await person('anna');
  await database.prisma.teamMember.create({ data: { teamId: web, userId } });
  await database.prisma.grant.create({
    data: { teamId: web, builtIn: 'operator', scope: 'stack', hostId: fra1, project: 'shop', createdBy: 'ada' },
  });
  const sentence = 'anna may container:start container/fra1/web: role operator by team web on stack fra1/shop';

  expect(await why('anna', 'container:start', 'container/fra1/web')).toEqual([true, sentence]);
  expect(await why('Anna', 'container:start', `container/${fra1}/aaaaaa`)).toEqual([true, sentence]);
  expect(await why(userId, 'stack:stop', 'stack/fra1/shop')).toEqual([
    true,
    expect.stringContaining('anna may stack:stop stack/fra1/shop: '),
  ]);
  expect(await why('anna', 'container:start', 'container/fra2/other')).toEqual([
    false,
    'anna may not container:start container/fra2/other: no grant of theirs reaches it; the nearest is role operator by team web on stack fra1/shop; ask: ada',
  ]);
});

test('where a grant holds is said in words: everywhere, a group, a host, labels, until when, and by a role that people made', async () => {
  const group = await database.prisma.hostGroup.create({ data: { name: 'production', hosts: { create: { hostId: fra2 } } } });
  const role = await database.prisma.role.create({ data: { name: 'lister', permissions: ['container:list'] } });
  await person('bea', { builtIn: 'operator', scope: 'group', groupId: group.id }, { builtIn: 'auditor', scope: 'host', hostId: fra1 });
  await person('ben', { builtIn: 'viewer', scope: 'labels', selector: 'tier=gold' });
  await person('bob', { roleId: role.id, scope: 'global', expiresAt: new Date('2100-01-01T00:00:00Z') });

  expect(await why('ada', 'system:settings', 'installation')).toEqual([
    true,
    'ada may system:settings installation: role owner everywhere',
  ]);
  expect(await why('bea', 'container:start', 'container/fra2/other')).toEqual([
    true,
    expect.stringMatching(/: role operator on the hosts of group production$/),
  ]);
  expect(await why('bea', 'audit:view', 'host/fra1')).toEqual([true, expect.stringMatching(/: role auditor on host fra1$/)]);
  expect(await why('ben', 'container:logs', 'container/fra1/web')).toEqual([
    true,
    expect.stringMatching(/: role viewer on what is labelled tier=gold$/),
  ]);
  expect(await why('bob', 'container:list', 'host/fra1')).toEqual([
    true,
    expect.stringMatching(/: role lister everywhere until 2100-01-01T00:00:00.000Z$/),
  ]);
});

test('the nearest miss says what is missing, and who holds it and manages grants there', async () => {
  await person('carl', { builtIn: 'host-admin', scope: 'host', hostId: fra1 });
  await person('cleo', { builtIn: 'operator', scope: 'host', hostId: fra1 });
  await person('cora', { builtIn: 'deployer', scope: 'stack', hostId: fra1, project: 'shop' });
  await person('cyd', { builtIn: 'operator', scope: 'global', expiresAt: new Date('2020-01-01T00:00:00Z') });
  await person('dan');
  await person('dora', { builtIn: 'deployer', scope: 'host', hostId: fra2 });
  const missOf = async (...words: string[]): Promise<string | undefined> => {
    const [isAllowed, sentence] = await why(...words);
    expect(isAllowed).toBe(false);
    return sentence?.replace(/^.*?: (?=role|the|no |they)/, '');
  };

  expect(await missOf('cleo', 'container:remove', 'container/fra1/web')).toBe(
    'the nearest grant, role operator on host fra1, lacks it; ask: ada, carl',
  );
  expect(await missOf('cleo', 'container:exec', 'container/fra1/web')).toBe(
    'the nearest grant, role operator on host fra1, lacks it without the add-on exec; ask: ada',
  );
  expect(await missOf('dora', 'volume:remove', 'volume/fra2/data')).toBe(
    'the nearest grant, role deployer on host fra2, lacks it for what belongs to no stack; ask: ada',
  );
  expect(await missOf('cora', 'image:pull', 'stack/fra1/shop')).toBe(
    'role deployer on stack fra1/shop is too small: image:pull is given for a whole host or more; ask: ada, carl',
  );
  expect(await missOf('cyd', 'container:start', 'container/fra2/other')).toBe(
    'the grant that gave it has ended: role operator everywhere until 2020-01-01T00:00:00.000Z; ask: ada',
  );
  expect(await missOf('dan', 'host:view', 'host/fra1')).toBe('they have no grant that is in force; ask: ada, carl');
});

test('who is disabled may nothing, and neither they nor a service are asked', async () => {
  const gone = await person('faye', { builtIn: 'owner', scope: 'global' });
  await database.prisma.user.update({ where: { id: gone }, data: { disabledAt: new Date('2026-11-01T00:00:00Z') } });
  const service = await person('fleet-keeper', { builtIn: 'owner', scope: 'global' });
  await database.prisma.user.update({ where: { id: service }, data: { kind: 'service' } });
  await person('fred');

  expect(await why('faye', 'system:backup', 'installation')).toEqual([
    false,
    'faye may not system:backup installation: the account is disabled since 2026-11-01T00:00:00.000Z',
    'note: once it is enabled again, faye may system:backup installation: role owner everywhere',
  ]);
  expect(await why('fleet-keeper', 'system:backup', 'installation')).toHaveLength(2);
  expect(await why('fred', 'system:backup', 'installation')).toEqual([
    false,
    'fred may not system:backup installation: they have no grant that is in force; ask: ada',
  ]);
});

test('a grant by stack may hold for a volume, whose labels are not in the database: that is said', async () => {
  await person('emil', { builtIn: 'deployer', scope: 'stack', hostId: fra1, project: 'shop' });
  await person('enzo', { builtIn: 'viewer', scope: 'host', hostId: fra1 });

  expect(await why('emil', 'volume:remove', 'volume/fra1/shop_data')).toEqual([
    false,
    expect.stringContaining('emil may not volume:remove volume/fra1/shop_data'),
    'note: labels and stack of volumes are known to their engine alone; grants by them decide when it is asked',
  ]);
  expect(await why('enzo', 'volume:remove', 'volume/fra1/shop_data')).toHaveLength(2);
});

test('a stack that is not there yet may be asked about, and is said not to be', async () => {
  expect(await why('ada', 'stack:create', 'stack/fra1/shpo')).toEqual([
    true,
    'ada may stack:create stack/fra1/shpo: role owner everywhere',
    'note: no stack shpo is known on fra1 yet; there is shop',
  ]);
});

test('a wrong word is named with what there is, and control characters of others reach no terminal', async () => {
  const refusal = async (...words: string[]): Promise<string> => why(...words).then(String, (thrown: unknown) => (thrown as Error).message);

  expect(await refusal('ada', 'container:start')).toBe('why needs three words: <user> <action> <object>');
  expect(await refusal('aad', 'host:view', 'host/fra1')).toMatch(/^no such person: aad; (there are|the nearest of \d+ are) .*\bada\b/);
  expect(await refusal('ada', 'start', 'host/fra1')).toMatch(
    /^no such action: start; the nearest of \d+ are container:start, container:restart, stack:start, stack:restart, /,
  );
  expect(await refusal('ada', 'container:strat', 'host/fra1')).toMatch(
    /the nearest of \d+ are container:(start|stats), container:(start|stats), /,
  );
  expect(await refusal('ada', 'host:view', 'host/fra')).toBe('no such host: fra; there are fra1, fra2');
  expect(await refusal('ada', 'container:start', 'container/fra1/wbe')).toBe(
    String.raw`no such container on fra1: wbe; there are web, loose\u001b[2J`,
  );
  for (const object of ['planet/fra1', 'host', 'host/fra1/web', 'container/fra1', 'volume/fra1/'])
    expect(await refusal('ada', 'container:start', object)).toBe(
      `object ${object}: it is installation, host/<host> or container|image|network|volume|stack/<host>/<name>`,
    );
  const twin = await host('fra1');
  expect(await refusal('ada', 'host:view', 'host/fra1')).toBe(`several hosts are called fra1: ${fra1}, ${twin}`);
  expect(await why('ada', 'host:view', `host/${twin}`)).toHaveLength(2);
});

test('it cannot write', async () => {
  await expect(reading.prisma.team.create({ data: { name: 'sneaked in' } })).rejects.toThrow('read-only');
});
