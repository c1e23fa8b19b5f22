// Claim: on a host whose control groups are v2 alone, the limits that the engine sets hold in the kernel. The machine that runs this may have
// any layout: a guest (qemu without KVM, Debian's cloud kernel, two CPUs, its system in memory) boots and runs the agent's own engine, as bundled
// from these sources, with crun and conmon of this machine and real containers. Each claim is a line below (bench/cgroup-v2/claims.ts): memory.max,
// cpu.max, pids.max, cpuset, device rules, changed limits, stats against the kernel's files, the default bridge with a published port.
//   npm run bench -- cgroup-v2 [SECONDS]
// ends with status 1 where one does not hold or the guest takes longer than SECONDS (170); about 40 seconds of one CPU are used.
// It needs crun, conmon and libnftables of this machine; emulator and kernel come from Debian's packages into .gantry/peers, once. Not tried: io
// limits (the guest has no disk), systemd beside it.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { peerPath } from '@gantry/engine-api/testing';
import { makeGuestImage, type GuestImage } from './cgroup-v2/guest-image.ts';

const limitMs = Number(process.argv[3] ?? 170) * 1000;
const peers = join(import.meta.dirname, '../.gantry/peers');

interface Line {
  readonly name?: string;
  readonly holds?: boolean;
  readonly seen?: string;
  readonly seconds?: number;
  readonly uptime?: string;
  readonly done?: boolean;
  readonly failed?: string;
}

function emulatorArguments({ kernel, initramfs }: GuestImage): string[] {
  const tree = join(peers, 'qemu-system-x86/usr');
  return [
    ...['-M', 'q35', '-accel', 'tcg,thread=multi', '-cpu', 'max', '-m', '1536', '-smp', '2'],
    ...[
      '-L',
      join(tree, 'share/qemu'),
      '-L',
      join(tree, 'share/seabios'),
      '-nodefaults',
      '-display',
      'none',
      '-no-reboot',
      '-serial',
      'stdio',
    ],
    ...['-kernel', kernel, '-initrd', initramfs, '-append', 'console=ttyS0 quiet panic=-1 reboot=t'],
  ];
}

/** The lines of the guest's console, until it stops or the time is over. */
async function* consoleOf(image: GuestImage): AsyncGenerator<string> {
  const libraries = ['usr/lib/x86_64-linux-gnu', 'lib/x86_64-linux-gnu'].map((path) => join(peers, 'qemu-system-x86', path));
  const child = spawn(join(peers, 'qemu-system-x86/usr/bin/qemu-system-x86_64'), emulatorArguments(image), {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, LD_LIBRARY_PATH: libraries.join(':') },
    timeout: limitMs,
    killSignal: 'SIGKILL',
  });
  try {
    for await (const line of createInterface(child.stdout)) yield line.replace(/\r$/, '');
  } finally {
    child.kill('SIGKILL');
  }
}

async function runGuest(image: GuestImage): Promise<boolean> {
  let [failures, isDone] = [0, false];
  const others: string[] = [];
  for await (const text of consoleOf(image)) {
    if (process.env['GANTRY_BENCH_CONSOLE']) console.log(text);
    if (!text.startsWith('@{')) {
      others.push(text);
      continue;
    }
    const line = JSON.parse(text.slice(1)) as Line;
    if (line.uptime !== undefined) console.log(`the engine answers ${line.uptime} s after the kernel started`);
    if (line.holds !== undefined) console.log(`${line.holds ? 'holds' : 'FAILS'}  ${line.name} (${line.seconds} s): ${line.seen}`);
    if (line.holds === false) failures++;
    if (line.failed !== undefined) others.push(line.failed);
    isDone ||= line.done === true;
  }
  if (isDone && failures === 0) return true;
  console.log(
    isDone
      ? `${failures} claims fail; the console said:`
      : `the guest did not come to its end within ${limitMs / 1000} s; its console said:`,
  );
  console.log(others.slice(-60).join('\n'));
  return false;
}

if (process.arch !== 'x64') throw new Error(`the guest of this bench is x86-64, this machine is ${process.arch}`);
peerPath('qemu-system-x86', 'linux-image-cloud-amd64');
const directory = mkdtempSync(join(tmpdir(), 'gantry-guest-'));
try {
  const image = await makeGuestImage(directory, join(peers, 'linux-image-cloud-amd64'));
  if (!(await runGuest(image))) process.exitCode = 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
