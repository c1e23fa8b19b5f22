import { shallowRef } from 'vue';

export interface Toast {
  readonly id: number;
  readonly kind: 'done' | 'failed';
  readonly title: string;
  readonly detail?: string | undefined;
}

const shownMs = { done: 4000, failed: 9000 } as const;
const most = 4;
let lastId = 0;

export const toasts = shallowRef<readonly Toast[]>([]);

/** Says in the corner what came of something; a failure stays longer. */
export function toast(kind: Toast['kind'], title: string, detail?: string): void {
  const id = ++lastId;
  toasts.value = [...toasts.value, { id, kind, title, detail }].slice(-most);
  setTimeout(() => dismiss(id), shownMs[kind]);
}

export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((one) => one.id !== id);
}
