import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';

/** Why a program could not be started: Docker's exit code for it, and its words, from which the docker CLI derives the same code. */
export interface StartRefusal {
  readonly code: 126 | 127 | 128;
  readonly words: string;
}

/** crun's sentences in runc's words. */
export function startRefusal(sentence: string, command: string): StartRefusal {
  if (/executable file .* not found in \$PATH/i.test(sentence)) {
    return command.includes('/')
      ? { code: 127, words: messages.noSuchFile(command) }
      : { code: 127, words: messages.executableNotFound(command) };
  }
  if (/is a directory/i.test(sentence)) return { code: 126, words: messages.isDirectory(command) };
  if (/permission denied|open executable: operation not permitted/i.test(sentence))
    return { code: 126, words: messages.permissionDenied(command) };
  if (/exec format error/i.test(sentence)) return { code: 126, words: `exec ${command}: exec format error` };
  const sysctl = sysctlWords(sentence);
  if (sysctl !== undefined) return { code: 128, words: sysctl };
  const [, directory] = /^chdir `(.*)`: no such file/i.exec(sentence) ?? [];
  if (directory !== undefined) return { code: 127, words: messages.noWorkingDirectory(directory) };
  const [, file] = /^chdir `(.*)`: not a directory/i.exec(sentence) ?? [];
  if (file !== undefined) return { code: 126, words: messages.workingDirectoryIsFile(file) };
  // The docker CLI looks for these words as Go writes them.
  if (/no such file or directory/i.test(sentence))
    return { code: 127, words: sentence.replace('No such file or directory', 'no such file or directory') };
  return { code: 128, words: sentence };
}

/** A setting that is the whole machine's, or the host's namespace's. */
function sysctlWords(sentence: string): string | undefined {
  const [, name, why = ''] = /^the sysctl `(.+)` (.*)$/.exec(sentence) ?? [];
  if (name === undefined) return undefined;
  const quoted = `sysctl ${JSON.stringify(name)}`;
  if (why.includes('network namespace')) return `${quoted} not allowed in host network namespace`;
  if (why.includes('IPC namespace')) return `${quoted} is not allowed in the hosts ipc namespace`;
  return `${quoted} is not in a separate kernel namespace`;
}

/** A refused start as the API tells it: the person's mistake (400) where the program cannot be run, else ours. */
export function startFailure(refusal: StartRefusal, cause: unknown): Failure {
  const text = messages.runtimeCreateFailed(`unable to start container process: ${refusal.words}`);
  return new Failure(refusal.code === 128 ? 'internal' : 'invalid', text, { cause, details: { exitCode: refusal.code } });
}
