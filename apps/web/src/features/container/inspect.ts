import { engineOn } from '../../api/engine.ts';

/** What the page reads of an inspect answer (ContainerInspectResponse of the API). */
export interface Inspected {
  readonly Id: string;
  readonly Name: string;
  readonly Path?: string;
  readonly Args?: readonly string[];
  readonly Config?: {
    readonly Env?: readonly string[] | null;
    readonly Tty?: boolean;
    readonly Image?: string;
    readonly User?: string;
    readonly WorkingDir?: string;
  };
  readonly HostConfig?: { readonly RestartPolicy?: { readonly Name?: string }; readonly NanoCpus?: number; readonly Memory?: number };
  readonly State?: { readonly Pid?: number };
}

export async function inspectContainer(host: string, id: string, signal: AbortSignal): Promise<Inspected> {
  return (await engineOn(host).call('ContainerInspect', { path: { id } }, signal)).json<Inspected>();
}

export interface Variable {
  readonly name: string;
  readonly value: string;
  /** The guard has put stars in place of the value: this person may not read it. */
  readonly isWithheld: boolean;
}

const withheld = /^\*{3,}$/;

/** The environment by name; a value may itself hold `=`. */
export function variablesOf(environment: readonly string[]): Variable[] {
  return environment
    .map((entry) => {
      const cut = entry.indexOf('=');
      const [name, value] = cut < 0 ? [entry, ''] : [entry.slice(0, cut), entry.slice(cut + 1)];
      return { name, value, isWithheld: withheld.test(value) };
    })
    .sort((a, b) => a.name.localeCompare(b.name));
}
