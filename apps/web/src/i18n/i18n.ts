import { readonly, shallowRef } from 'vue';
import type en from './en.json';
import { fill } from './fill.ts';

/** Every text of the app by its dotted key, as the English messages have them; a key that is not there fails vue-tsc. */
export type MessageKey = KeysOf<typeof en>;
type KeysOf<Node, Path extends string = ''> = {
  [Key in keyof Node & string]: Node[Key] extends string ? `${Path}${Key}` : KeysOf<Node[Key], `${Path}${Key}.`>;
}[keyof Node & string];

interface Messages {
  readonly [key: string]: string | Messages;
}

export const locales = ['en', 'zh-CN'] as const;
export type Locale = (typeof locales)[number];

const loaders: Record<Locale, () => Promise<{ default: Messages }>> = {
  en: () => import('./en.json'),
  'zh-CN': () => import('./zh-CN.json'),
};
const storageKey = 'gantry.locale';
const current = shallowRef<Locale>('en');
const messages = shallowRef<Messages>({});

/** The locale in use; reading it in a template or computed makes formats follow it. */
export const locale = readonly(current);

/** Loads the messages of a locale and shows them. */
export async function useLocale(next: Locale): Promise<void> {
  messages.value = (await loaders[next]()).default;
  current.value = next;
  document.documentElement.lang = next;
}

/** The same, remembered by this browser. */
export async function chooseLocale(next: Locale): Promise<void> {
  localStorage.setItem(storageKey, next);
  await useLocale(next);
}

/** The text of a key; `count` chooses the plural form and is written in the locale's digits. */
export function text(key: MessageKey, values: Readonly<Record<string, string | number>> = {}): string {
  let found: string | Messages | undefined = messages.value;
  for (const part of key.split('.')) found = typeof found === 'object' ? found[part] : undefined;
  return typeof found === 'string' ? fill(found, values, current.value) : key;
}

/** What the person chose before, else what their browser prefers. */
export function preferredLocale(): Locale {
  const chosen = localStorage.getItem(storageKey);
  return locales.find((one) => one === chosen) ?? (navigator.language.startsWith('zh') ? 'zh-CN' : 'en');
}
