/** The sentence inside crun's error output, which is either plain lines ("2026-… [warning] …", "error: …") or JSON ({"msg": …}). */
export function runtimeMessage(output: string): string {
  const lines = output.split('\n').map((line) => line.trim());
  const texts = lines.filter((line) => line !== '').map(sentence);
  return texts.at(-1) ?? 'no message';
}

function sentence(line: string): string {
  if (line.startsWith('{')) {
    try {
      const { msg } = JSON.parse(line) as { msg?: unknown };
      if (typeof msg === 'string') return msg;
    } catch {
      return line;
    }
  }
  return line.replace(/^\S+ \[?(?:error|warning|e|w)\]?:? /, '').replace(/^error: /, '');
}
