const quietMs = 10_000;
const key = 'gantry.reloaded-at';

/** A part of the app that cannot be loaded (another build since, a link that went) is loaded with the whole page again; once in ten seconds, so never in a loop. */
export function reloadLostParts(): void {
  window.addEventListener('vite:preloadError', (event) => {
    const since = Date.now() - Number(sessionStorage.getItem(key) ?? 0);
    if (since < quietMs) return;
    event.preventDefault();
    sessionStorage.setItem(key, String(Date.now()));
    location.reload();
  });
}
