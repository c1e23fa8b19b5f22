import * as z from 'zod';
import { type ContractRow, nothing } from './row.ts';

const GroupName = z.string().trim().min(2).max(64);

export const HostGroup = z
  .object({
    id: z.uuid(),
    name: z.string(),
    hosts: z.array(z.uuid()),
    createdAt: z.iso.datetime(),
    /** How long recorded terminals of its hosts are kept, where that is another time than everywhere. */
    recordingDays: z.int().positive().optional(),
  })
  .meta({ id: 'HostGroup' });
export type HostGroup = z.infer<typeof HostGroup>;

const params = z.object({ groupId: z.uuid() });
const member = z.object({ groupId: z.uuid(), hostId: z.uuid() });

/** Those with a host that the caller may see, or that the caller has a grant of; of their hosts those that the caller may see. */
export const listHostGroups = {
  name: 'listHostGroups',
  method: 'GET',
  path: '/api/host-groups',
  access: 'host:view',
  where: 'somewhere',
  summary: 'Groups of hosts',
  answer: z.array(HostGroup),
} as const satisfies ContractRow;

export const createHostGroup = {
  name: 'createHostGroup',
  method: 'POST',
  path: '/api/host-groups',
  access: 'grant:manage',
  recent: true,
  summary: 'Make a group of hosts, with none in it',
  body: z.strictObject({ name: GroupName }),
  answer: HostGroup,
  status: 201,
} as const satisfies ContractRow;

export const renameHostGroup = {
  name: 'renameHostGroup',
  method: 'PATCH',
  path: '/api/host-groups/:groupId',
  access: 'grant:manage',
  recent: true,
  summary: 'Rename a group of hosts',
  params,
  body: z.strictObject({ name: GroupName }),
  answer: HostGroup,
} as const satisfies ContractRow;

/** A host in several groups with a time of their own keeps them for the longest of these. */
export const keepGroupRecordings = {
  name: 'keepGroupRecordings',
  method: 'PUT',
  path: '/api/host-groups/:groupId/recording-days',
  access: 'system:settings',
  recent: true,
  summary: 'Set how long recorded terminals of a group of hosts are kept',
  params,
  /** null: as everywhere. */
  body: z.strictObject({ days: z.int().min(1).max(3650).nullable() }),
  answer: HostGroup,
} as const satisfies ContractRow;

/** Its hosts stay; grants of it go with it. */
export const removeHostGroup = {
  name: 'removeHostGroup',
  method: 'DELETE',
  path: '/api/host-groups/:groupId',
  access: 'grant:manage',
  recent: true,
  summary: 'Remove a group of hosts',
  params,
  answer: nothing,
} as const satisfies ContractRow;

/** Whoever has a grant of the group has it on the host from then on: 403 where one of those is beyond the caller's own rights there. */
export const addHostToGroup = {
  name: 'addHostToGroup',
  method: 'PUT',
  path: '/api/host-groups/:groupId/hosts/:hostId',
  access: 'grant:manage',
  recent: true,
  summary: 'Put a host into a group',
  params: member,
  answer: HostGroup,
} as const satisfies ContractRow;

export const removeHostFromGroup = {
  name: 'removeHostFromGroup',
  method: 'DELETE',
  path: '/api/host-groups/:groupId/hosts/:hostId',
  access: 'grant:manage',
  recent: true,
  summary: 'Take a host out of a group',
  params: member,
  answer: HostGroup,
} as const satisfies ContractRow;
