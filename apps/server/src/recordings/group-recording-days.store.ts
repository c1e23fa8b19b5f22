import type { Database } from '@gantry/db';

/** How many days recordings of a host are kept by its groups, of several the longest; hosts of which no group says so are not in it. */
export async function groupRecordingDays({ hostGroupMember }: Pick<Database['prisma'], 'hostGroupMember'>): Promise<Map<string, number>> {
  const members = await hostGroupMember.findMany({
    where: { group: { recordingDays: { not: null } } },
    select: { hostId: true, group: { select: { recordingDays: true } } },
  });
  const days = new Map<string, number>();
  for (const { hostId, group } of members) days.set(hostId, Math.max(days.get(hostId) ?? 0, group.recordingDays ?? 0));
  return days;
}
