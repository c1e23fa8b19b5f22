import { readonly, shallowRef } from 'vue';

export type Theme = 'dark' | 'light';

const storageKey = 'gantry.theme';
const current = shallowRef<Theme>(document.documentElement.dataset['theme'] === 'light' ? 'light' : 'dark');

/** The theme that the page shows; `public/theme.js` has set it before the first paint. */
export const theme = readonly(current);

export function useTheme(next: Theme | 'system'): void {
  if (next === 'system') localStorage.removeItem(storageKey);
  else localStorage.setItem(storageKey, next);
  const system = matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark';
  current.value = next === 'system' ? system : next;
  document.documentElement.dataset['theme'] = current.value;
}
