// Elements, numbers and tables: everything that data says becomes a text node, never markup.
// SPDX-License-Identifier: Apache-2.0

/** An element with attributes (on* are listeners, booleans as HTML has them) and children (nodes, texts, arrays, nothing). */
export function el(name, attrs, ...children) {
  return fill(document.createElement(name), attrs, children);
}

/** The same for SVG. */
export function svg(name, attrs, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', name), attrs, children);
}

function fill(node, attrs, children) {
  for (const [key, value] of Object.entries(attrs || {})) {
    if (key.startsWith('on')) {
      node.addEventListener(key.slice(2), value);
    } else if (value === true) {
      node.setAttribute(key, '');
    } else if (value !== false && value !== null && value !== undefined) {
      node.setAttribute(key, String(value));
    }
  }
  node.append(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

export const byId = (id) => document.getElementById(id);

let made = 0;
/** An id that the page does not have yet. */
export const newId = (stem) => `${stem}-${++made}`;

const plain = new Intl.NumberFormat('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat('en', { maximumFractionDigits: 4 });
const tenth = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

export const isNumber = (x) => typeof x === 'number' && Number.isFinite(x);

/** A number for tables, as the HTML page has it: 824,854; 12.35; 0.0123. */
export function number(x) {
  if (!isNumber(x)) {
    return '–';
  }
  const size = Math.abs(x);
  return (size >= 999.5 || Number.isInteger(x) ? whole : size < 0.1 ? fine : plain).format(x);
}

/** A number for tiles and axes, three digits as the words have it: 6.72M, 27.7M, 824.7K. */
export function brief(x) {
  if (!isNumber(x)) {
    return '–';
  }
  if (Math.abs(x) >= 1e18) {
    return x.toExponential(2);
  }
  const rounded = (v, parts) => (Math.sign(v) * Math.round(Math.abs(v) * parts)) / parts;
  let k = 0;
  let shown = Math.abs(x) < 0.1 ? Number(x.toPrecision(3)) : rounded(x, Math.abs(x) < 100 ? 100 : 1);
  for (let rest = x; Math.abs(shown) >= 1000 && k < 4; k++) {
    rest /= 1000;
    shown = rounded(rest, Math.abs(rest) < 9.995 ? 100 : Math.abs(rest) < 1000 ? 10 : 1);
  }
  return `${shown}${['', 'K', 'M', 'B', 'T'][k]}`;
}

export const percent = (x) => (isNumber(x) ? `${tenth.format(x)} %` : '–');

/** "2022-12-01" as "Dec 2022"; a day that begins no month stays a day. */
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
export function monthName(text) {
  const found = /^(\d{4})-(\d\d)(?:-01)?(?:T00:00:00.*)?$/.exec(String(text));
  return found && MONTHS[found[2] - 1] ? `${MONTHS[found[2] - 1]} ${found[1]}` : String(text).slice(0, 10);
}

const SHARES = new Set(['profit_margin', 'expense_ratio', 'marketing_spend_ratio', 'working_capital_ratio', 'debt_to_asset_ratio']);
const PLAIN = new Set(['year', 'row', 'row_id']); // counted, not measured: no separators
const METRICS = new Set(['metric', 'metric_a', 'metric_b', 'feature']); // columns that name one

/** How a column's numbers are written: "profit_margin_mean" is a share, told in per cent. */
export function kindOf(key) {
  const stem = String(key).replace(/_(sum|mean|std|min|max)$/, '');
  return SHARES.has(stem) ? 'share' : PLAIN.has(stem) ? 'plain' : stem === 'p_value' ? 'p' : /(growth|growth_rate|cagr|pct|percentage|^mape|^accuracy)$/.test(stem) ? 'rate' : 'number';
}

/** A value of that kind in words. */
export function valueText(kind, x) {
  if (!isNumber(x)) {
    return '–';
  }
  return kind === 'share' ? percent(100 * x) : kind === 'rate' ? percent(x) : kind === 'plain' ? String(x) : kind === 'p' && x < 1e-4 ? '< 0.0001' : number(x);
}

/** "profit_margin" as a reader says it. */
const CAPITALS = { dso: 'DSO', dpo: 'DPO', ar: 'accounts receivable', ap: 'accounts payable', roas: 'ROAS', rmse: 'RMSE', mae: 'MAE', mape: 'MAPE', kpis: 'KPIs', std: 'std. dev.', id: 'ID', cagr: 'growth per year', yoy: 'yearly', cashflow: 'cash flow', Cashflow: 'Cash flow', mom: 'monthly', sum: 'total', avg: 'average' };
export function words(key) {
  const text = String(key).replaceAll('_', ' ').split(' ').map((w) => CAPITALS[w] || w).join(' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A cell's text: numbers as numbers, lists joined, objects as JSON. */
export function cellText(value) {
  if (value === null || value === undefined || value === '') {
    return '–';
  }
  if (typeof value === 'number') {
    return number(value);
  }
  if (typeof value === 'boolean') {
    return value ? 'yes' : 'no';
  }
  if (Array.isArray(value)) {
    return value.every((v) => v === null || typeof v !== 'object') ? value.map(cellText).join('; ') : JSON.stringify(value);
  }
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** The metric that a row is of says how its plain numbers are written. */
function textOf(k, r) {
  const v = r[k];
  if (isNumber(v)) {
    const kind = kindOf(k);
    const of = [...METRICS].find((m) => typeof r[m] === 'string');
    return valueText(kind === 'number' && of ? kindOf(r[of]) : kind, v);
  }
  if (typeof v === 'string' && METRICS.has(k)) {
    return words(v);
  }
  return typeof v === 'string' && /^\d{4}-\d\d-01$/.test(v) ? monthName(v) : cellText(v);
}

/** Rows (objects) as a table with caption and scopes; `columns` as [[key, title], …] or found from the rows. */
export function table(caption, rows, columns) {
  const keys = columns || [...new Set(rows.flatMap((r) => Object.keys(r)))].filter((k, i) => i === 0 || rows.some((r) => r[k] !== null && r[k] !== undefined && r[k] !== '')).map((k) => [k, words(k)]);
  const numeric = new Set(keys.filter(([k]) => rows.length && rows.every((r) => r[k] === null || r[k] === undefined || typeof r[k] === 'number')).map(([k]) => k));
  const head = el('tr', null, keys.map(([k, title]) => el('th', { scope: 'col', class: numeric.has(k) ? 'num' : null }, title)));
  const body = rows.map((r) => el('tr', null, keys.map(([k], i) => {
    const text = textOf(k, r);
    const attrs = { class: numeric.has(k) ? 'num' : /^(\d{4}-\d\d-\d\d|[A-Z][a-z]{2} \d{4}|\d{4}-Q\d)$/.test(text) ? 'day' : null };
    return i === 0 ? el('th', { scope: 'row', ...attrs }, text) : el('td', attrs, text);
  })));
  return el('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption },
    el('table', null, el('caption', null, caption), el('thead', null, head), el('tbody', null, body)));
}

/** Whatever shape a section's data has, as rows: a list of objects, an object of columns, or an object of values. */
export function rowsOf(data) {
  if (Array.isArray(data)) {
    return data.map((v, i) => (v !== null && typeof v === 'object' ? v : { row: i + 1, value: v }));
  }
  if (data === null || typeof data !== 'object') {
    return [];
  }
  const entries = Object.entries(data);
  if (entries.length && entries.every(([, v]) => Array.isArray(v)) && new Set(entries.map(([, v]) => v.length)).size === 1) {
    return entries[0][1].map((_, i) => Object.fromEntries(entries.map(([k, v]) => [k, v[i]])));
  }
  return entries.map(([k, v]) => (v !== null && typeof v === 'object' && !Array.isArray(v) ? { name: k, ...v } : { name: k, value: v }));
}

/** A section of a page with its heading. */
export function section(title, ...children) {
  const id = newId('h');
  return el('section', { 'aria-labelledby': id }, el('h3', { id }, title), ...children);
}

/** Something that opens: its label and what is inside. */
export const more = (label, ...children) => el('details', null, el('summary', null, label), ...children);

/** Hands text or a blob to the reader as a file. */
export function download(name, type, content) {
  const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  const link = el('a', { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

/** Rows as CSV; a text that a spreadsheet would take for a formula gets an apostrophe. */
export function csvText(rows, columns) {
  const cell = (v) => {
    if (v === null || v === undefined) {
      return '';
    }
    let text = String(v);
    if (typeof v !== 'number' && /^[=+\-@\t\r\0]/.test(text)) {
      text = "'" + text;
    }
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns, ...rows.map((r) => columns.map((c) => r[c]))].map((r) => r.map(cell).join(',')).join('\r\n') + '\r\n';
}
