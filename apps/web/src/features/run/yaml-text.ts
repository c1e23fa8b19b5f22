/** What a compose file is made of here. */
export type YamlValue = string | number | boolean | null | readonly YamlValue[] | { readonly [key: string]: YamlValue | undefined };

/** Block YAML of two blanks a step; texts are quoted where a YAML 1.1 or 1.2 reader might take them for something else. Members that are undefined are left out. */
export function yamlText(value: YamlValue, indent = ''): string {
  if (isList(value)) return value.map((item) => `${indent}- ${inner(item, `${indent}  `)}`).join('');
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .flatMap(([key, item]) => (item === undefined ? [] : [`${indent}${scalar(key)}:${member(item, indent)}`]))
      .join('');
  return `${scalar(value)}\n`;
}

/** Array.isArray takes no list that is read only for one. */
function isList(value: YamlValue): value is readonly YamlValue[] {
  return Array.isArray(value);
}

function member(item: YamlValue, indent: string): string {
  const isEmpty = typeof item === 'object' && item !== null && Object.keys(item).length === 0;
  if (isEmpty) return Array.isArray(item) ? ' []\n' : ' {}\n';
  return typeof item === 'object' && item !== null ? `\n${yamlText(item, `${indent}  `)}` : ` ${yamlText(item)}`;
}

/** The first member of a block inside a list stands behind its dash. */
function inner(item: YamlValue, indent: string): string {
  const text = yamlText(item, indent);
  return typeof item === 'object' && item !== null ? text.slice(indent.length) : text;
}

/** Words that are safe without quotes: no number, no word of YAML, nothing that opens something. */
const plainWord = /^(?!(?:true|false|yes|no|on|off|null|y|n|~)$)[a-zA-Z/_][\w/.@+-]*$/i;

function scalar(value: string | number | boolean | null): string {
  if (typeof value !== 'string') return String(value);
  return plainWord.test(value) ? value : JSON.stringify(value).replace(/[\x7f-\x9f\u2028\u2029\ufeff]/g, escaped);
}

/** JSON lets these stand, YAML does not print them. */
function escaped(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
