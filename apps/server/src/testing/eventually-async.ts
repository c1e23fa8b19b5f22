/** Waits until the claim holds, asking every few milliseconds; fails with its last words after the limit. */
export async function eventuallyAsync(claim: () => unknown, limitMs = 10_000): Promise<void> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    try {
      await claim();
      return;
    } catch (thrown) {
      if (performance.now() > deadline) throw thrown;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}
