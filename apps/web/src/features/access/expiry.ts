/** How long something is given, in hours; `never` until somebody takes it away. */
export const lives = ['never', '1', '4', '8', '24', '168', '720', '2160'] as const;
export type Life = (typeof lives)[number];

const hourMs = 3_600_000;

/** The life on offer that is at least as long as what is wanted. */
export function lifeOf(hours: number | undefined): Life {
  if (hours === undefined) return 'never';
  return lives.find((life) => life !== 'never' && Number(life) >= hours) ?? '2160';
}

/** When it ends, from now on; undefined for what does not end by itself. */
export function endOf(life: Life, now = Date.now()): string | undefined {
  return life === 'never' ? undefined : new Date(now + Number(life) * hourMs).toISOString();
}
