import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { startMonitor } from './start-monitor.ts';

const opened = closedAfterEach();

/** Says what conmon says, and writes the number of the monitor long after that. */
const lateProgram = `#!/bin/sh
cat config.json >/dev/null
sleep 100 >/dev/null 2>&1 3>&- &
echo "{\\"data\\": $!}" >&3
sleep 0.3
echo $! >conmon.pid
`;

test('a monitor whose number is written after the container is there is waited for', async () => {
  const { path: bundle } = opened.use(await temporaryDirectory());
  const program = join(bundle, 'conmon');
  await writeFile(program, lateProgram, { mode: 0o755 });
  const { init, monitor } = await startMonitor(
    {
      ...{ program, bundle, id: 'late', runtime: ['/bin/true'], exitDirectory: bundle },
      ...{ logPath: undefined, terminal: false, stdin: false, leaveStdinOpen: false },
    },
    Promise.resolve('{}'),
  );
  process.kill(init.pid, 'SIGKILL');

  expect(monitor).toEqual(init);
});
