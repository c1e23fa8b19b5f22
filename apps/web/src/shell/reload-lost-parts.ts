import { offerReload, reloadOffer } from './reload-offer.ts';
import { hasTypedFields } from './typed-fields.ts';

const quietMs = 10_000;
const key = 'gantry.reloaded-at';

/**
 * A part of the app that cannot be loaded (another build since, a link that went) is loaded with the whole page again; once in ten seconds, so never in a
 * loop. Where somebody has a terminal open or has begun to fill something in, it is theirs to say when.
 */
export function reloadLostParts(): void {
  window.addEventListener('vite:preloadError', (event) => {
    const since = Date.now() - Number(sessionStorage.getItem(key) ?? 0);
    if (since < quietMs) return;
    if (hasTypedFields() || document.querySelector('.xterm') !== null) {
      if (!reloadOffer.value) offerReload('lost-part');
      return;
    }
    event.preventDefault();
    sessionStorage.setItem(key, String(Date.now()));
    location.reload();
  });
}
