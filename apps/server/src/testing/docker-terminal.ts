import { ByteQueue, type EngineClient } from '@gantry/engine-api';

/** A terminal as a docker client has it: raw bytes. */
export async function dockerClient(page: EngineClient, asked: { exec: string } | { attach: string }) {
  const typing = new ByteQueue(10_000);
  const { open } =
    'exec' in asked
      ? await page.open('ExecStart', { path: { id: asked.exec }, body: { Detach: false, Tty: true, ConsoleSize: [30, 100] } })
      : await page.open('ContainerAttach', { path: { id: asked.attach }, query: { stream: true, stdin: true, stdout: true } });
  const got = { shown: '' };
  const over = (async () => {
    for await (const bytes of open(typing.bytes)) got.shown += Buffer.from(bytes).toString();
  })();
  over.catch(() => undefined);
  return { got, over, type: (text: string) => typing.offer(Buffer.from(text)), typeNoMore: () => typing.end() };
}

/** An exec of a shell with a terminal in the container `web`, not started yet. */
export const makeExec = async (page: EngineClient): Promise<string> =>
  (await (await page.call('ContainerExec', { path: { id: 'web' }, body: { Cmd: ['sh'], Tty: true } })).json<{ Id: string }>()).Id;

/** What a recording (asciicast) shows: output, and its marks in brackets. */
export function castText(cast: string): string {
  return cast
    .split('\n')
    .slice(1)
    .flatMap((line) => (line === '' ? [] : [JSON.parse(line) as [number, string, string]]))
    .map(([, kind, text]) => (kind === 'o' ? text : kind === 'm' ? `[${text}]` : ''))
    .join('');
}
