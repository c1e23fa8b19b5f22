import { freeSyscalls } from './seccomp-syscalls.ts';

export interface SeccompRule {
  readonly names: readonly string[];
  readonly action: string;
  readonly errnoRet?: number;
  readonly args?: readonly { readonly index: number; readonly value: number; readonly valueTwo?: number; readonly op: string }[];
}

/** `linux.seccomp` of the OCI runtime specification. */
export interface SeccompProfile {
  readonly defaultAction: string;
  readonly defaultErrnoRet?: number;
  readonly architectures: readonly string[];
  readonly syscalls: readonly SeccompRule[];
}

const allow = 'SCMP_ACT_ALLOW';
const namespaceFlags = 0x7e020000;
const notImplemented = 38;
const vsock = 40;
/** Linux, 32 bit Linux, two historic ones, and "tell me which". */
const personalities = [0x0, 0x8, 0x20000, 0x20008, 0xffffffff];

const byCapability: Readonly<Record<string, string>> = {
  CAP_DAC_READ_SEARCH: 'open_by_handle_at',
  CAP_SYS_ADMIN: `bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie mount mount_setattr move_mount open_tree
    perf_event_open quotactl quotactl_fd setdomainname sethostname setns syslog umount umount2 unshare`,
  CAP_SYS_BOOT: 'reboot',
  CAP_SYS_CHROOT: 'chroot',
  CAP_SYS_MODULE: 'delete_module init_module finit_module',
  CAP_SYS_PACCT: 'acct',
  CAP_SYS_PTRACE: 'kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace',
  CAP_SYS_RAWIO: 'iopl ioperm',
  CAP_SYS_TIME: 'settimeofday stime clock_settime clock_settime64',
  CAP_SYS_TTY_CONFIG: 'vhangup',
  CAP_SYS_NICE: 'get_mempolicy mbind set_mempolicy set_mempolicy_home_node',
  CAP_SYSLOG: 'syslog',
  CAP_BPF: 'bpf',
  CAP_PERFMON: 'perf_event_open',
};

const byArchitecture = {
  x64: { architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'], syscalls: ['arch_prctl', 'modify_ldt'] },
  arm64: {
    architectures: ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'],
    syscalls: ['arm_fadvise64_64', 'arm_sync_file_range', 'sync_file_range2', 'breakpoint', 'cacheflush', 'set_tls'],
  },
} as const;

/** The machine's own calling convention and those that it also runs. */
export function architecturesOf(architecture: string): readonly string[] {
  return machineOf(architecture)?.architectures ?? [];
}

const machineOf = (architecture: string) =>
  byArchitecture[architecture as keyof typeof byArchitecture] as (typeof byArchitecture)['x64' | 'arm64'] | undefined;

/** The default profile for a container with these capabilities on this machine (`process.arch`). */
export function defaultSeccomp(capabilities: readonly string[], architecture: string): SeccompProfile {
  const machine = machineOf(architecture);
  const granted = capabilities.flatMap((name) => byCapability[name]?.split(/\s+/) ?? []);
  const free = [...freeSyscalls, 'process_vm_readv', 'process_vm_writev', 'ptrace', ...(machine?.syscalls ?? []), ...granted];
  return {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: 1,
    architectures: machine?.architectures ?? [],
    syscalls: [
      { names: [...new Set(free)], action: allow },
      { names: ['socket'], action: allow, args: [{ index: 0, value: vsock, op: 'SCMP_CMP_NE' }] },
      ...personalities.map((value) => ({ names: ['personality'], action: allow, args: [{ index: 0, value, op: 'SCMP_CMP_EQ' }] })),
      ...(capabilities.includes('CAP_SYS_ADMIN') ? [] : namespaceRules),
    ],
  };
}

/** Threads and processes, but no new namespaces; `clone3` cannot be judged by its arguments, so programs are told to fall back to `clone`. */
const namespaceRules: readonly SeccompRule[] = [
  { names: ['clone'], action: allow, args: [{ index: 0, value: namespaceFlags, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }] },
  { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: notImplemented },
];
