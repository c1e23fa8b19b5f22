import { eventually } from '@gantry/base/testing';
import { startInTerminal, type TerminalProcess } from './start-in-terminal.ts';

const environment = { PATH: '/usr/bin:/bin', PS1: '$ ' };

function start(script: string): { process: TerminalProcess; shown: () => string } {
  const process = startInTerminal({
    ...{ program: '/bin/sh', args: ['-c', script], cwd: '/', env: environment },
    size: { columns: 100, rows: 30 },
  });
  let text = '';
  process.terminal.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return { process, shown: () => text };
}

test('a program has a terminal of its own that controls it, with the size that was asked for, and not our end of it', async () => {
  const { process, shown } = start('tty; stty size; ps -o tty= -p $$; ls -l /proc/self/fd | grep -c ptmx; env | sort; exit 7');
  expect(await process.ended).toBe(7);
  await eventually(() => expect(process.terminal.destroyed).toBe(true));
  const [tty = '', size, controlling, descriptors, ...variables] = shown().trim().split('\r\n');
  expect([tty, size]).toEqual([expect.stringMatching(/^\/dev\/pts\/\d+$/), '30 100']);
  expect(`/dev/${controlling?.trim() ?? ''}`).toBe(tty);
  expect(descriptors?.trim()).toBe('0');
  expect(variables.filter((line) => !/^(PWD|OLDPWD|SHLVL|_)=/.test(line))).toEqual(['PATH=/usr/bin:/bin', 'PS1=$ ']);
});

test('what is typed reaches it, Ctrl-C interrupts what runs in front, another size is heard of', async () => {
  const { process, shown } = start(
    'trap "stty size" WINCH; trap "echo interrupted" INT; echo ready; while :; do read line && echo "got $line"; done',
  );
  await eventually(() => expect(shown()).toContain('ready'));
  process.terminal.write('one\n');
  await eventually(() => expect(shown()).toContain('got one'));
  process.terminal.write('\u0003');
  await eventually(() => expect(shown()).toContain('interrupted'));
  process.resize({ columns: 44, rows: 11 });
  process.terminal.write('two\n');
  await eventually(() => expect(shown()).toContain('11 44'));
  process.terminal.destroy();
  expect(await process.ended).toBe(129);
  process.resize({ columns: 1, rows: 1 });
  process.signal('SIGTERM');
});

test('a program that is not there is refused by name', () => {
  expect(() => startInTerminal({ program: '/no/such', args: [], cwd: '/', env: {}, size: { columns: 80, rows: 24 } })).toThrow(
    'cannot start /no/such: ENOENT',
  );
});
