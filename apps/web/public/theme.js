/* global document, localStorage, matchMedia */
// Runs before the first paint, so that the page never flashes in the other theme. A file of its own: the page allows no inline script.
(() => {
  const root = document.documentElement;
  let chosen = null;
  try {
    chosen = localStorage.getItem('gantry.theme');
    const locale = localStorage.getItem('gantry.locale');
    if (locale) root.lang = locale;
  } catch {
    // Storage may be refused; the system's choice stands then.
  }
  const light = chosen ? chosen === 'light' : matchMedia('(prefers-color-scheme: light)').matches;
  root.dataset.theme = light ? 'light' : 'dark';
})();
