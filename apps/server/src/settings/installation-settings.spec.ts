import { getSettings, InstallationSettings, updateSessionLimits, updateSignInPolicy } from '@gantry/contract';
import { setUp, startTestServer } from '../testing/index.ts';

test('settings say what they are, who changed them last, and what the server was started with, but no secret', async () => {
  await using server = await startTestServer();
  const owner = await setUp(server);
  const read = async (): Promise<InstallationSettings> => InstallationSettings.parse((await owner.call(getSettings)).body);

  expect(await read()).toMatchObject({ sessions: { idleMinutes: 30, longestHours: 12 }, changes: [] });
  await owner.call(updateSessionLimits, { body: { idleMinutes: 60, longestHours: 24 } });
  await owner.call(updateSignInPolicy, { body: { secondFactorRoles: [] } });
  expect((await owner.call(updateSessionLimits, { body: { idleMinutes: 1, longestHours: 24 } })).status).toBe(400);

  const { sessions, changes, startedWith } = await read();
  expect(sessions).toEqual({ idleMinutes: 60, longestHours: 24 });
  expect(changes.map(({ name, by }) => [name, by])).toEqual([
    ['sessions', 'ada'],
    ['sign-in', 'ada'],
  ]);
  expect(startedWith).toContainEqual({ variable: 'GANTRY_RECORDING_DAYS', value: '30' });
  expect(JSON.stringify(startedWith)).not.toMatch(/DATABASE|SECRET/);
});
