/** Lets the page draw and answer what was pressed before long work goes on. */
export async function breath(): Promise<void> {
  const { scheduler } = globalThis as { scheduler?: { yield?: () => Promise<void> } };
  if (scheduler?.yield) return scheduler.yield();
  await new Promise((resolve) => setTimeout(resolve));
}
