/** The sentence inside a runtime's error output: plain lines ("2026-… [warning] …", "error: …"), JSON ({"msg": …}), or runc's `time=… level=… msg="…"`. */
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
  const [, quoted] = /^time=\S+ level=\S+ msg=("(?:[^"\\]|\\.)*")/.exec(line) ?? [];
  if (quoted !== undefined) return JSON.parse(quoted) as string;
  return line.replace(/^\S+ \[?(?:error|warning|e|w)\]?:? /, '').replace(/^error: /, '');
}
