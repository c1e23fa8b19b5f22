/**
 * Answers to the same question may overtake each other: an older one is not taken after a newer one. Whoever asks calls it when they begin, and hands
 * what they do with their answer to what it returns.
 */
export function inTurn(): (key: string) => (take: () => void) => void {
  const taken = new Map<string, number>();
  let asked = 0;
  return (key) => {
    const mine = ++asked;
    return (take) => {
      if (mine < (taken.get(key) ?? 0)) return;
      taken.set(key, mine);
      take();
    };
  };
}
