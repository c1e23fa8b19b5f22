import { readonly, shallowRef } from 'vue';
import type access from './access.en.json';
import type account from './account.en.json';
import type admin from './admin.en.json';
import type desk from './desk.en.json';
import type en from './en.json';
import { fill } from './fill.ts';
import type fleet from './fleet.en.json';
import type objects from './objects.en.json';
import type run from './run.en.json';
import type shell from './shell.en.json';
import type sso from './sso.en.json';

/** Every text of the app by its dotted key, as the English messages have them; a key that is not there fails vue-tsc. */
export type MessageKey =
  | KeysOf<typeof en>
  | KeysOf<typeof shell>
  | KeysOf<typeof fleet>
  | KeysOf<typeof objects>
  | KeysOf<typeof admin>
  | KeysOf<typeof account>
  | KeysOf<typeof access>
  | KeysOf<typeof desk>
  | KeysOf<typeof run>
  | KeysOf<typeof sso>;
type KeysOf<Node, Path extends string = ''> = {
  [Key in keyof Node & string]: Node[Key] extends string ? `${Path}${Key}` : KeysOf<Node[Key], `${Path}${Key}.`>;
}[keyof Node & string];

interface Messages {
  readonly [key: string]: string | Messages;
}

export const locales = ['en', 'zh-CN'] as const;
export type Locale = (typeof locales)[number];

type Loaders = Record<Locale, () => Promise<{ default: Messages }>>;

/** The login loads the texts of `app` alone; the shell and pages with a bundle of their own name it where they are loaded. No group of keys is in two bundles. */
const bundles = {
  app: { en: () => import('./en.json'), 'zh-CN': () => import('./zh-CN.json') },
  shell: { en: () => import('./shell.en.json'), 'zh-CN': () => import('./shell.zh-CN.json') },
  fleet: { en: () => import('./fleet.en.json'), 'zh-CN': () => import('./fleet.zh-CN.json') },
  admin: { en: () => import('./admin.en.json'), 'zh-CN': () => import('./admin.zh-CN.json') },
  objects: { en: () => import('./objects.en.json'), 'zh-CN': () => import('./objects.zh-CN.json') },
  desk: { en: () => import('./desk.en.json'), 'zh-CN': () => import('./desk.zh-CN.json') },
  access: { en: () => import('./access.en.json'), 'zh-CN': () => import('./access.zh-CN.json') },
  run: { en: () => import('./run.en.json'), 'zh-CN': () => import('./run.zh-CN.json') },
  account: { en: () => import('./account.en.json'), 'zh-CN': () => import('./account.zh-CN.json') },
  sso: { en: () => import('./sso.en.json'), 'zh-CN': () => import('./sso.zh-CN.json') },
} as const satisfies Record<string, Loaders>;
type Bundle = keyof typeof bundles;

const storageKey = 'gantry.locale';
const current = shallowRef<Locale>('en');
const messages = shallowRef<Messages>({});
const wanted = new Set<Bundle>(['app']);

/** The locale in use; reading it in a template or computed makes formats follow it. */
export const locale = readonly(current);

/** Loads the messages of a locale and shows them. */
export async function useLocale(next: Locale): Promise<void> {
  const parts = await Promise.all([...wanted].map((bundle) => bundles[bundle][next]()));
  messages.value = Object.assign({}, ...parts.map((part) => part.default)) as Messages;
  current.value = next;
  document.documentElement.lang = next;
}

/** Loads a part of the app together with the texts that it shows. */
export function withTexts<Part>(bundle: Bundle, load: () => Promise<Part>): () => Promise<Part> {
  return async () => {
    const isNew = !wanted.has(bundle);
    wanted.add(bundle);
    const [part, texts] = await Promise.all([load(), isNew ? bundles[bundle][current.value]() : undefined]);
    if (texts) messages.value = { ...messages.value, ...texts.default };
    return part;
  };
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
