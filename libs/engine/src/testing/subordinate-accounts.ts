import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryDirectory } from '@gantry/base/testing';

/** A directory with accounts in which `dockremap` has the ids from 100000 on, 65536 of both kinds; this machine's own files stay as they are. */
export async function subordinateAccounts(): Promise<AsyncDisposable & { readonly path: string }> {
  const directory = await temporaryDirectory();
  const files = {
    passwd: 'dockremap:x:990:990::/nonexistent:/bin/false\n',
    group: 'dockremap:x:990:\n',
    subuid: 'dockremap:100000:65536\n',
    subgid: 'dockremap:100000:65536\n',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory.path, name), text);
  return directory;
}
