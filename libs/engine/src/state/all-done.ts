/**
 * `Promise.all` for work with effects: where some of it fails, the first failure is thrown when all of it has come to its end, so that whoever
 * undoes it meets nothing that is still under way.
 */
export async function allDone<Works extends readonly unknown[] | []>(
  works: Works,
): Promise<{ -readonly [At in keyof Works]: Awaited<Works[At]> }> {
  await Promise.allSettled(works);
  return Promise.all(works);
}
