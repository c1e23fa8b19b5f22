import { readonly, shallowRef } from 'vue';
import { provideProver } from '../api/call.ts';

const resolveAsked = shallowRef<(isProven: boolean) => void>();
let asked: Promise<boolean> | undefined;

/** Whether the person is being asked to prove that it is them. */
export const proofAsked = readonly(resolveAsked);

/** Several that want a proof at the same time wait for the same one. */
provideProver(() => {
  asked ??= new Promise((resolve) => {
    resolveAsked.value = resolve;
  });
  return asked;
});

export function answerProof(isProven: boolean): void {
  resolveAsked.value?.(isProven);
  resolveAsked.value = undefined;
  asked = undefined;
}
