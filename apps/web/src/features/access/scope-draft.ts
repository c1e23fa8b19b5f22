import type { GrantScope } from '@gantry/contract';

/** A scope while it is chosen: what was typed for one kind stays while another is looked at. */
export interface ScopeDraft {
  readonly kind: GrantScope['kind'];
  readonly group: string;
  readonly host: string;
  readonly project: string;
  readonly selector: string;
}

export function draftOf(scope: GrantScope | undefined): ScopeDraft {
  return { kind: 'global', group: '', host: '', project: '', selector: '', ...scope };
}

export function scopeOfDraft({ kind, group, host, project, selector }: ScopeDraft): GrantScope {
  switch (kind) {
    case 'global':
      return { kind };
    case 'group':
      return { kind, group };
    case 'host':
      return { kind, host };
    case 'stack':
      return { kind, host, project: project.trim() };
    case 'labels':
      return { kind, selector: selector.trim() };
  }
}
