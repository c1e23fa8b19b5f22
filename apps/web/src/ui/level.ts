/** How full something is: the thresholds of every meter in the app. */
export function levelOf(share: number): 'fine' | 'high' | 'full' {
  if (share >= 0.9) return 'full';
  return share >= 0.75 ? 'high' : 'fine';
}
