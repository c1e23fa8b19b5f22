import * as z from 'zod';
import { type ContractRow, nothing } from './row.ts';

const TeamName = z.string().trim().min(2).max(64);

export const Team = z
  .object({
    id: z.uuid(),
    name: z.string(),
    members: z.array(z.object({ id: z.uuid(), name: z.string() })),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Team' });
export type Team = z.infer<typeof Team>;

const params = z.object({ teamId: z.uuid() });
const member = z.object({ teamId: z.uuid(), userId: z.uuid() });

/** Those whose grants all lie where the caller manages teams. */
export const listTeams = {
  name: 'listTeams',
  method: 'GET',
  path: '/api/teams',
  access: 'team:manage',
  where: 'somewhere',
  summary: 'Teams and who is in them',
  answer: z.array(Team),
} as const satisfies ContractRow;

export const createTeam = {
  name: 'createTeam',
  method: 'POST',
  path: '/api/teams',
  access: 'team:manage',
  where: 'somewhere',
  recent: true,
  summary: 'Make a team, with nobody in it',
  body: z.strictObject({ name: TeamName }),
  answer: Team,
  status: 201,
} as const satisfies ContractRow;

export const renameTeam = {
  name: 'renameTeam',
  method: 'PATCH',
  path: '/api/teams/:teamId',
  access: 'team:manage',
  where: 'somewhere',
  recent: true,
  summary: 'Rename a team',
  params,
  body: z.strictObject({ name: TeamName }),
  answer: Team,
} as const satisfies ContractRow;

/** Its grants go with it. */
export const removeTeam = {
  name: 'removeTeam',
  method: 'DELETE',
  path: '/api/teams/:teamId',
  access: 'team:manage',
  where: 'somewhere',
  recent: true,
  summary: 'Remove a team',
  params,
  answer: nothing,
} as const satisfies ContractRow;

/** 403 where the team has more than the caller. */
export const addTeamMember = {
  name: 'addTeamMember',
  method: 'PUT',
  path: '/api/teams/:teamId/members/:userId',
  access: 'team:manage',
  where: 'somewhere',
  recent: true,
  summary: 'Take somebody into a team',
  params: member,
  answer: Team,
} as const satisfies ContractRow;

export const removeTeamMember = {
  name: 'removeTeamMember',
  method: 'DELETE',
  path: '/api/teams/:teamId/members/:userId',
  access: 'team:manage',
  where: 'somewhere',
  recent: true,
  summary: 'Take somebody out of a team',
  params: member,
  answer: Team,
} as const satisfies ContractRow;
