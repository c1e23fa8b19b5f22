/** Waits until the claim holds, looking every few milliseconds; fails with its last words after the limit. */
export async function eventually(claim: () => void, limitMs = 5000): Promise<void> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    try {
      claim();
      return;
    } catch (thrown) {
      if (performance.now() > deadline) throw thrown;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
