// Light or dark: what the reader chose, else what the system says; runs before the page is drawn (a plain script, not a module).
// SPDX-License-Identifier: Apache-2.0
(function () {
  const root = document.documentElement;
  let kept = null;
  try {
    kept = localStorage.getItem('norn.theme');
  } catch { /* storage may be closed to us: the system's choice holds */ }
  const dark = kept ? kept === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = dark ? 'dark' : 'light';
  if (!kept) {
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', (e) => {
      let now = null;
      try {
        now = localStorage.getItem('norn.theme');
      } catch { /* as above */ }
      if (!now) {
        root.dataset.theme = e.matches ? 'dark' : 'light';
        document.dispatchEvent(new CustomEvent('norn-theme'));
      }
    });
  }
})();
