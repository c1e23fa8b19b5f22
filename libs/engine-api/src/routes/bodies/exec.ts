import * as z from 'zod';
import { flag, integer, struct, text, texts, words } from './go-types.ts';

const consoleSize = z.array(integer);

export const execCreate = struct({
  User: text,
  Privileged: flag,
  Tty: flag,
  ConsoleSize: consoleSize,
  AttachStdin: flag,
  AttachStderr: flag,
  AttachStdout: flag,
  Detach: flag,
  DetachKeys: text,
  Env: texts,
  WorkingDir: text,
  Cmd: words,
});

export const execStart = struct({ Detach: flag, Tty: flag, ConsoleSize: consoleSize });
