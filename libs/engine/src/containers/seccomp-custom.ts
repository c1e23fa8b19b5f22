import * as z from 'zod';
import { architecturesOf, type SeccompProfile } from './seccomp-profile.ts';

const condition = z
  .object({ caps: z.array(z.string()).default([]), arches: z.array(z.string()).default([]) })
  .partial()
  .nullish();
const argument = z.object({ index: z.int(), value: z.number(), valueTwo: z.number().optional(), op: z.string() });
const rule = z.object({
  name: z.string().optional(),
  names: z.array(z.string()).nullish(),
  action: z.string(),
  errnoRet: z.int().optional(),
  args: z.array(argument).nullish(),
  includes: condition,
  excludes: condition,
});
const profile = z.object({
  defaultAction: z.string(),
  defaultErrnoRet: z.int().optional(),
  architectures: z.array(z.string()).nullish(),
  syscalls: z.array(rule).nullish(),
});

const goNames: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** crun refuses a number beside an action that has none. */
const isErrno = (action: string): boolean => action === 'SCMP_ACT_ERRNO' || action === 'SCMP_ACT_TRACE';

/** A profile in Docker's form (`--security-opt seccomp=…`) as the runtime takes it: rules hold where their capabilities and machine do. */
export function customSeccomp(value: unknown, capabilities: readonly string[], architecture: string): SeccompProfile {
  const given = profile.parse(value);
  const machine = goNames[architecture] ?? architecture;
  const holds = ({ includes, excludes }: z.output<typeof rule>): boolean => {
    const { caps: needed = [], arches = [] } = includes ?? {};
    const { caps: forbidden = [], arches: notOn = [] } = excludes ?? {};
    if (!needed.every((name) => capabilities.includes(name)) || forbidden.some((name) => capabilities.includes(name))) return false;
    return (arches.length === 0 || arches.includes(machine)) && !notOn.includes(machine);
  };
  return {
    defaultAction: given.defaultAction,
    ...(isErrno(given.defaultAction) && { defaultErrnoRet: given.defaultErrnoRet ?? 1 }),
    architectures: given.architectures ?? architecturesOf(architecture),
    syscalls: (given.syscalls ?? []).filter(holds).map(({ name, names, action, errnoRet, args }) => ({
      names: [...(names ?? []), ...(name === undefined || name === '' ? [] : [name])],
      action,
      ...(errnoRet !== undefined && isErrno(action) && { errnoRet }),
      ...(args &&
        args.length > 0 && { args: args.map(({ valueTwo, ...rest }) => ({ ...rest, ...(valueTwo !== undefined && { valueTwo }) })) }),
    })),
  };
}
