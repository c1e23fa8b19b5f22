/** The list has names of people and words of some 20 languages too; shorter ones say little about a long password. */
const shortestWord = 4;

let list: Promise<ReadonlySet<string>> | undefined;

/** Some 49,000 passwords that were found most often in leaks, lower case (@zxcvbn-ts/language-common). Read once, when somebody first chooses a password. */
function commonPasswords(): Promise<ReadonlySet<string>> {
  list ??= import('@zxcvbn-ts/language-common').then(({ dictionary }) => new Set(dictionary['passwords-common'].map(String)));
  return list;
}

/**
 * Whether a password is among those that are tried first: a common one as it is, with digits and signs around it or letters written as digits, twice in a
 * row, or two of them together. Nobody is asked: the list is part of the program.
 */
export async function isCommon(password: string): Promise<boolean> {
  const common = await commonPasswords();
  const plain = password.toLowerCase();
  return [plain, withLetters(plain)].some((text) => {
    const words = text.split(/[^\p{L}]+/u).filter((word) => word !== '');
    return (
      common.has(text) ||
      common.has(trimmed(text)) ||
      (words.length <= 2 && words.length > 0 && words.every((word) => isMadeOf(word, common)))
    );
  });
}

/** A common word, or two of them. */
function isMadeOf(word: string, common: ReadonlySet<string>): boolean {
  if (common.has(word)) return true;
  for (let end = shortestWord; end <= word.length - shortestWord; end++)
    if (common.has(word.slice(0, end)) && common.has(word.slice(end))) return true;
  return false;
}

function trimmed(text: string): string {
  return text.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '');
}

const letters: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
};

/** As it was meant by somebody who writes digits for letters; those at the end are more likely a number. */
function withLetters(text: string): string {
  const [, head = '', tail = ''] = /^(.*?)([\d!$@]*)$/s.exec(text) ?? [];
  return head.replace(/[0134570@$!]/g, (sign) => letters[sign] ?? sign) + tail;
}
