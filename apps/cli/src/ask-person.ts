import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { Trouble } from './trouble.ts';

/** Asks at the terminal, beside the result; where there is none, takes the next line of standard input. What is secret does not appear as it is typed. */
export async function askPerson(question: string, { isSecret = false }: { isSecret?: boolean } = {}): Promise<string> {
  if (!process.stdin.isTTY) return nextLine(question);
  process.stderr.write(question);
  const output = isSecret ? new Writable({ write: (_chunk, _encoding, done) => done() }) : process.stderr;
  const lines = createInterface({ input: process.stdin, output, terminal: true, historySize: 0 });
  try {
    return await new Promise<string>((resolve, reject) => {
      lines.once('line', resolve);
      lines.once('SIGINT', () => reject(new Trouble('interrupted', 130)));
      lines.once('close', () => reject(new Trouble('nothing was answered')));
    });
  } finally {
    lines.close();
    if (isSecret) process.stderr.write('\n');
  }
}

/** Whether the person says yes. */
export async function confirm(question: string): Promise<boolean> {
  return /^y(es)?$/i.test((await askPerson(question)).trim());
}

let given: Promise<string[]> | undefined;

async function nextLine(question: string): Promise<string> {
  given ??= readAll();
  const line = (await given).shift();
  if (line === undefined || line === '') throw new Trouble(`standard input holds no line for: ${question.trim()}`);
  return line;
}

async function readAll(): Promise<string[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString().split(/\r?\n/);
}
