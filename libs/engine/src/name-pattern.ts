/** Whether a name has what a filter asks for; a pattern that is no regular expression matches as text. */
export function matchesName(name: string, pattern: string): boolean {
  try {
    return new RegExp(pattern).test(name);
  } catch {
    return name.includes(pattern);
  }
}
