import type { Extension } from '@codemirror/state';
import { nameOf } from './files.ts';

type Load = () => Promise<Extension>;

const stream = async (parser: Promise<unknown>): Promise<Extension> => {
  const { StreamLanguage } = await import('@codemirror/language');
  return StreamLanguage.define((await parser) as Parameters<typeof StreamLanguage.define>[0]);
};

const languages = {
  yaml: async () => (await import('@codemirror/lang-yaml')).yaml(),
  json: async () => (await import('@codemirror/lang-json')).json(),
  shell: () => stream(import('@codemirror/legacy-modes/mode/shell').then(({ shell }) => shell)),
  dockerfile: () => stream(import('@codemirror/legacy-modes/mode/dockerfile').then(({ dockerFile }) => dockerFile)),
  nginx: () => stream(import('@codemirror/legacy-modes/mode/nginx').then(({ nginx }) => nginx)),
  ini: () => stream(import('@codemirror/legacy-modes/mode/properties').then(({ properties }) => properties)),
  toml: () => stream(import('@codemirror/legacy-modes/mode/toml').then(({ toml }) => toml)),
} as const satisfies Readonly<Record<string, Load>>;

export type CodeLanguage = keyof typeof languages;

const byEnd: readonly (readonly [RegExp, CodeLanguage])[] = [
  [/\.ya?ml$/i, 'yaml'],
  [/\.(json|jsonc|json5)$/i, 'json'],
  [/(^|[./-])(dockerfile|containerfile)([.-][\w-]+)?$/i, 'dockerfile'],
  [/(^|\/)(\.?(bash|zsh|ash)rc|\.profile|\.bash_\w+|profile|entrypoint)$|\.(sh|bash|zsh|ash)$/i, 'shell'],
  [/nginx.*\.conf$|\/nginx\/.*|\/sites-(available|enabled)\//i, 'nginx'],
  [/\.toml$/i, 'toml'],
  [/\.(ini|cfg|cnf|conf|properties|service|socket|timer|env)$|(^|\/)\.env(\.\w+)?$|\.editorconfig$/i, 'ini'],
];

/** What a file is written in, by its path and by its first line; undefined: nothing that is coloured here. */
export function languageOf(path: string, text: string): CodeLanguage | undefined {
  const found = byEnd.find(([pattern]) => pattern.test(path))?.[1];
  if (found) return found;
  const [first = ''] = text.split('\n', 1);
  if (/^#!.*\b(ba|da|z|a)?sh\b/.test(first)) return 'shell';
  return /^(hosts|passwd|group|fstab)$/.test(nameOf(path)) ? 'ini' : undefined;
}

/** Loads the colours of a language. */
export function loadLanguage(language: CodeLanguage): Promise<Extension> {
  return languages[language]();
}
