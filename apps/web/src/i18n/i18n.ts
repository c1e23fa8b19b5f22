import { createI18n } from 'vue-i18n';
import { computed, type ComputedRef } from 'vue';
import type en from './en.json';

/** Every text of the app by its dotted key, as the English messages have them; a key that is not there fails vue-tsc. */
export type MessageKey = KeysOf<typeof en>;
type KeysOf<Node, Path extends string = ''> = {
  [Key in keyof Node & string]: Node[Key] extends string ? `${Path}${Key}` : KeysOf<Node[Key], `${Path}${Key}.`>;
}[keyof Node & string];

export const locales = ['en', 'zh-CN'] as const;
export type Locale = (typeof locales)[number];

const loaders: Record<Locale, () => Promise<{ default: object }>> = {
  en: () => import('./en.json'),
  'zh-CN': () => import('./zh-CN.json'),
};

export const i18n = createI18n({ legacy: false, locale: 'en', fallbackLocale: [], missingWarn: false, messages: {} });

/** The locale in use; reading it in a template or computed makes formats follow it. */
export const locale: ComputedRef<Locale> = computed(() => i18n.global.locale.value as Locale);

/** Loads the messages of a locale where they are not here yet, then shows them. */
export async function useLocale(next: Locale): Promise<void> {
  const messages = await loaders[next]();
  i18n.global.setLocaleMessage(next, messages.default as never);
  (i18n.global.locale as { value: string }).value = next;
  document.documentElement.lang = next;
}

/** The text of a key; `count` chooses the plural form and fills `{count}`. */
export function text(key: MessageKey, values: Record<string, string | number> = {}): string {
  const count = values['count'];
  return typeof count === 'number' ? i18n.global.t(key, values, count) : i18n.global.t(key, values);
}

/** What the person chose before, else what their browser prefers. */
export function preferredLocale(): Locale {
  const stored = document.documentElement.lang;
  if (stored === 'zh-CN') return 'zh-CN';
  const chosen = localStorage.getItem('gantry.locale');
  if (chosen === 'en') return 'en';
  return navigator.language.startsWith('zh') ? 'zh-CN' : 'en';
}
