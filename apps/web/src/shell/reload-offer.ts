import { shallowRef } from 'vue';

/** `upgraded`: the page is of another build than the server. `lost-part`: a part of the page is not there any more. */
export type ReloadReason = 'upgraded' | 'lost-part';

export interface ReloadOffer {
  readonly reason: ReloadReason;
  /** It has been loaded again for this very reason, and is still the same: something on the way keeps an old copy. */
  readonly wasTried: boolean;
}

const key = 'gantry.reloaded-for';
let wanted = '';

/** Why the page should be loaded again. It is never done without whoever has it open saying so, for what they have there would be gone. */
export const reloadOffer = shallowRef<ReloadOffer>();

/** `version`: what the page would be of then. */
export function offerReload(reason: ReloadReason, version = ''): void {
  wanted = `${reason} ${version}`;
  reloadOffer.value = { reason, wasTried: version !== '' && sessionStorage.getItem(key) === wanted };
}

export function withdrawReload(): void {
  reloadOffer.value = undefined;
}

export function reloadPage(): void {
  sessionStorage.setItem(key, wanted);
  location.reload();
}
