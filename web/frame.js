// What every page has: the theme's button, the token's field, problems in words, tabs, the file field.
// SPDX-License-Identifier: Apache-2.0
import { byId, el, newId } from './dom.js';
import { Problem, setToken } from './net.js';

/** The button that turns light into dark. */
export function themeButton() {
  const root = document.documentElement;
  const button = byId('theme');
  const show = () => button.setAttribute('aria-pressed', String(root.dataset.theme === 'dark'));
  button.addEventListener('click', () => {
    root.dataset.theme = root.dataset.theme === 'dark' ? 'light' : 'dark';
    try {
      localStorage.setItem('norn.theme', root.dataset.theme);
    } catch { /* kept for this page alone */ }
    document.dispatchEvent(new CustomEvent('norn-theme'));
  });
  document.addEventListener('norn-theme', show);
  show();
}

/** Says a problem where screen readers hear it; `again` is called after a token was given. */
export function showProblem(box, error, again) {
  box.replaceChildren();
  if (!error) {
    box.hidden = true;
    return;
  }
  box.hidden = false;
  if (!(error instanceof Problem)) {
    console.error(error);
  }
  if (error.status === 401) {
    box.append(tokenForm(box, error, again));
    box.querySelector('input').focus();
    return;
  }
  box.append(el('h2', null, titleOf(error)), el('p', null, error.message));
  if (error.errors && error.errors.length) {
    box.append(el('ul', null, error.errors.map((e) => el('li', null, oneError(e, error.message)))));
  }
  if (error.retryAfter) {
    box.append(el('p', null, `Try again in ${error.retryAfter} seconds.`));
  }
  if (error.requestId) {
    box.append(el('p', { class: 'quiet' }, `Request ${error.requestId}`));
  }
  box.focus();
}

function titleOf(error) {
  const known = { 0: 'No answer', 413: 'The file is too large', 415: 'This kind of file is not read', 422: 'The table cannot be used', 429: 'Too many requests', 503: 'The server is busy' };
  return known[error.status] || error.title || 'Something went wrong';
}

/** "row 7, column 3: …" of one entry of a problem's list; what `said` says already is not said again. */
function oneError(e, said) {
  if (e === null || typeof e !== 'object') {
    return String(e);
  }
  const where = [['file', 'file'], ['sheet', 'sheet'], ['row', 'row'], ['line', 'line'], ['column', 'column'], ['byte', 'byte'], ['offset', 'byte']]
    .filter(([k]) => e[k] !== undefined && e[k] !== null).map(([k, name]) => `${name} ${e[k]}`).join(', ');
  const own = e.detail || e.message || e.reason || '';
  const text = own === said && where ? '' : own;
  return where && text ? `${where}: ${text}` : where || text || JSON.stringify(e);
}

function tokenForm(box, error, again) {
  const id = newId('token');
  const input = el('input', { id, type: 'password', autocomplete: 'off', required: true, spellcheck: 'false' });
  return el('form', {
    class: 'token',
    onsubmit: (e) => {
      e.preventDefault();
      setToken(input.value);
      showProblem(box, null);
      again();
    },
  }, el('h2', null, 'This server asks for a token'), el('p', null, error.message),
  el('label', { for: id }, 'Token'), input, el('button', { type: 'submit' }, 'Go on'));
}

/**
 * Tabs as the ARIA pattern has them: arrows, Home and End move, one is in the tab order. Each entry is [title, make]; make fills its
 * panel when it is first shown. Printing shows all of them.
 */
export function tabs(label, entries) {
  const list = el('div', { role: 'tablist', 'aria-label': label, class: 'tabs' });
  const root = el('div', { class: 'tabbed' }, list);
  const all = entries.map(([title, make], i) => {
    const panelId = newId('panel');
    const tabId = newId('tab');
    const tab = el('button', {
      role: 'tab', id: tabId, type: 'button', 'aria-controls': panelId, 'aria-selected': 'false', tabindex: '-1', onclick: () => select(i, false),
    }, title);
    const panel = el('div', { role: 'tabpanel', id: panelId, 'aria-labelledby': tabId, tabindex: '0', hidden: true });
    list.append(tab);
    root.append(panel);
    return { tab, panel, title, make, filled: false };
  });
  const filled = (entry) => {
    if (!entry.filled) {
      entry.filled = true;
      entry.panel.append(el('h2', { class: 'panel-title' }, entry.title), entry.make());
    }
  };
  function select(at, focus) {
    all.forEach((entry, i) => {
      entry.tab.setAttribute('aria-selected', String(i === at));
      entry.tab.tabIndex = i === at ? 0 : -1;
      entry.panel.hidden = i !== at;
    });
    filled(all[at]);
    if (focus) {
      all[at].tab.focus();
    }
  }
  list.addEventListener('keydown', (e) => {
    const now = all.findIndex((entry) => entry.tab === document.activeElement);
    const next = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: all.length - 1 }[e.key];
    if (now >= 0 && next !== undefined) {
      e.preventDefault();
      select((next + all.length) % all.length, true);
    }
  });
  let theme = null;
  const turn = (name) => { // paper is light; the charts' canvases are drawn again in its colours
    document.documentElement.dataset.theme = name;
    document.dispatchEvent(new CustomEvent('norn-theme'));
  };
  addEventListener('beforeprint', () => {
    if (root.isConnected) {
      root.classList.add('printing');
      all.forEach(filled);
      theme = document.documentElement.dataset.theme;
      turn('light');
    }
  });
  addEventListener('afterprint', () => {
    if (theme !== null) {
      root.classList.remove('printing');
      turn(theme);
      theme = null;
    }
  });
  select(0, false);
  return root;
}

/** A drop zone around a file field: chosen() is called when files are there; gives () => the files. */
export function fileField(zone, input, list, chosen) {
  let files = [];
  const take = (more) => {
    files = [...more];
    list.replaceChildren(...files.map((f) => el('li', null, `${f.name} (${Math.max(1, Math.round(f.size / 1024)).toLocaleString('en')} KiB)`)));
    chosen(files);
  };
  input.addEventListener('change', () => take(input.files));
  for (const name of ['dragenter', 'dragover']) {
    zone.addEventListener(name, (e) => {
      e.preventDefault();
      zone.classList.add('over');
    });
  }
  zone.addEventListener('dragleave', () => zone.classList.remove('over'));
  zone.addEventListener('drop', (e) => {
    e.preventDefault();
    zone.classList.remove('over');
    if (e.dataTransfer.files.length) {
      take(e.dataTransfer.files);
    }
  });
  return () => files;
}
