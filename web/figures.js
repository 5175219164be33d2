// Figures drawn as SVG of our own: heat maps, scatters, bars, the health gauge.
// SPDX-License-Identifier: Apache-2.0
import { brief, el, isNumber, number, svg, words } from './dom.js';
import { figure } from './charts.js';

/** A correlation matrix; the colour's step is a class, so that themes and a strict policy hold. */
export function heatMap(title, columns, values) {
  const n = columns.length;
  const [cell, left, top] = [64, 130, 24];
  const wide = left + n * cell + 4;
  const high = top + n * cell + 100;
  const parts = [];
  columns.forEach((name, i) => {
    parts.push(svg('text', { x: left - 8, y: top + i * cell + cell / 2 + 4, 'text-anchor': 'end', class: 'tick' }, words(name)));
    parts.push(svg('text', { x: 0, y: 0, 'text-anchor': 'end', class: 'tick', transform: `translate(${left + i * cell + cell / 2 + 4} ${top + n * cell + 12}) rotate(-35)` }, words(name)));
    columns.forEach((other, j) => {
      const r = values[i] ? values[i][j] : null;
      const step = isNumber(r) ? Math.round(r * 5) : null;
      const group = step === null ? 'none' : `${step < 0 ? 'neg' : 'pos'}${Math.abs(step)}`;
      parts.push(svg('rect', { x: left + j * cell, y: top + i * cell, width: cell - 2, height: cell - 2, rx: 4, class: `heat ${group}` },
        svg('title', null, `${words(name)} and ${words(other)}: ${isNumber(r) ? r.toFixed(3) : 'not there'}`)));
      parts.push(svg('text', { x: left + j * cell + cell / 2 - 1, y: top + i * cell + cell / 2 + 4, 'text-anchor': 'middle', class: `heat-text ${step !== null && Math.abs(step) >= 4 ? 'on-strong' : ''}` },
        isNumber(r) ? r.toFixed(2) : '–'));
    });
  });
  const image = svg('svg', { viewBox: `0 0 ${wide} ${high}`, class: n > 8 ? 'heat-map many' : 'heat-map', role: 'img', 'aria-label': `${title}: ${n} by ${n} correlations, also in the table below` }, parts);
  const rows = columns.map((name, i) => ({ metric: words(name), ...Object.fromEntries(columns.map((c, j) => [c, values[i] ? values[i][j] : null])) }));
  return figure(title, el('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': `${title}, figure` }, image), rows, [['metric', 'Metric'], ...columns.map((c) => [c, words(c)])]);
}

/** Points of two columns, with the regression's line where there is one. */
export function scatter(title, rows, regression) {
  const keys = Object.keys(rows[0] || {}).filter((k) => rows.some((r) => isNumber(r[k])));
  const [xKey, yKey] = keys.includes('x') && keys.includes('y') ? ['x', 'y'] : keys;
  const points = rows.filter((r) => isNumber(r[xKey]) && isNumber(r[yKey]));
  if (!yKey || points.length < 2) {
    return el('p', { class: 'quiet' }, `${title}: too few points.`);
  }
  const [wide, high, left, bottom] = [540, 300, 84, 44];
  const span = (k) => {
    const v = points.map((p) => p[k]);
    const [low, top] = [Math.min(...v), Math.max(...v)];
    const pad = (top - low || Math.abs(top) || 1) * 0.06;
    return [low - pad, top + pad];
  };
  const [[x0, x1], [y0, y1]] = [span(xKey), span(yKey)];
  const px = (v) => left + ((v - x0) / (x1 - x0)) * (wide - left - 34);
  const py = (v) => high - bottom - ((v - y0) / (y1 - y0)) * (high - bottom - 12);
  const grid = [0, 0.25, 0.5, 0.75, 1].flatMap((t) => {
    const [gx, gy] = [x0 + t * (x1 - x0), y0 + t * (y1 - y0)];
    return [svg('line', { x1: left, x2: wide - 34, y1: py(gy), y2: py(gy), class: 'grid' }),
      svg('text', { x: left - 6, y: py(gy) + 4, 'text-anchor': 'end', class: 'tick' }, brief(gy)),
      svg('text', { x: px(gx), y: high - bottom + 16, 'text-anchor': 'middle', class: 'tick' }, brief(gx))];
  });
  const label = (k, other) => (k === 'x' || k === 'y' ? other : words(k));
  const names = /^(.+) vs (.+)$/i.exec(title) || [null, 'x', 'y'];
  const dots = points.map((p) => svg('circle', { cx: px(p[xKey]), cy: py(p[yKey]), r: 4, class: 'dot' }, svg('title', null, `${number(p[xKey])}, ${number(p[yKey])}`)));
  const line = [];
  let note = `${points.length} months`;
  if (regression && isNumber(regression.slope) && isNumber(regression.intercept)) {
    const at = (x) => regression.intercept + regression.slope * x;
    const clamp = (v) => Math.max(y0, Math.min(y1, v));
    line.push(svg('line', { x1: px(x0), y1: py(clamp(at(x0))), x2: px(x1), y2: py(clamp(at(x1))), class: 'trend' }));
    note += `; slope ${number(regression.slope)}, R² ${number(regression.r_squared)}`;
  }
  const image = svg('svg', { viewBox: `0 0 ${wide} ${high}`, class: 'scatter', role: 'img', 'aria-label': `${title}: ${note}` }, grid, line, dots,
    svg('text', { x: (wide + left) / 2, y: high - 6, 'text-anchor': 'middle', class: 'axis-name' }, label(xKey, names[1])),
    svg('text', { x: 0, y: 0, 'text-anchor': 'middle', class: 'axis-name', transform: `translate(14 ${(high - bottom) / 2}) rotate(-90)` }, label(yKey, names[2])));
  return figure(title, image, points, null, note);
}

/** Bars of [{name, value}], the longest is the widest; negative values go to the left in another colour. */
export function bars(title, rows, note, all = rows) {
  const most = Math.max(...rows.map((r) => Math.abs(r.value)).filter(isNumber), 0) || 1;
  const narrow = matchMedia('(max-width: 560px)').matches;
  const [wide, row, left] = narrow ? [340, 28, 104] : [560, 28, 180];
  const letters = narrow ? 13 : 22;
  const signed = rows.some((r) => r.value < 0);
  const [room, zero] = signed ? [(wide - left - 90) / 2, left + (wide - left - 90) / 2] : [wide - left - 90, left];
  const parts = rows.flatMap((r, i) => {
    const long = isNumber(r.value) ? (Math.abs(r.value) / most) * room : 0;
    const at = r.value < 0 ? zero - long : zero;
    return [svg('text', { x: left - 8, y: i * row + 18, 'text-anchor': 'end', class: 'tick' }, shortened(r.name, letters), svg('title', null, String(r.name))),
      svg('rect', { x: at, y: i * row + 4, width: Math.max(long, 1), height: row - 8, rx: 3, class: r.value < 0 ? 'bar below' : 'bar' }),
      svg('text', { x: (r.value < 0 ? zero : at + long) + 6, y: i * row + 18, class: 'tick' }, brief(r.value))];
  });
  const said = rows.slice(0, 5).map((r) => `${r.name} ${brief(r.value)}`).join(', ');
  const image = svg('svg', { viewBox: `0 0 ${wide} ${rows.length * row + 4}`, class: 'bars', role: 'img', 'aria-label': `${title}: ${said}` }, parts);
  return figure(title, image, all, [['name', 'Name'], ['value', 'Value']], note);
}

const shortened = (name, most) => (String(name).length > most ? `${String(name).slice(0, most - 1)}…` : String(name));

/** The health score as an arc, and its four parts as meters. */
export function health(score, parts) {
  const measured = parts.filter(([, v]) => isNumber(v)).length;
  const share = isNumber(score) ? Math.max(0, Math.min(100, score)) / 100 : 0;
  const angle = Math.PI * (1 - share);
  const [x, y] = [90 + 74 * Math.cos(angle), 90 - 74 * Math.sin(angle)];
  const group = share >= 0.7 ? 'good' : share >= 0.4 ? 'fair' : 'poor';
  const arc = svg('svg', { viewBox: '0 0 180 106', class: 'gauge', role: 'img', 'aria-label': `Financial health ${isNumber(score) ? score : 'unknown'} of 100, from ${measured} of ${parts.length} parts` },
    svg('path', { d: 'M 16 90 A 74 74 0 0 1 164 90', class: 'gauge-all' }),
    share > 0 ? svg('path', { d: `M 16 90 A 74 74 0 0 1 ${x.toFixed(2)} ${y.toFixed(2)}`, class: `gauge-part ${group}` }) : null,
    svg('text', { x: 90, y: 84, 'text-anchor': 'middle', class: 'gauge-text' }, isNumber(score) ? number(score) : '–'),
    svg('text', { x: 90, y: 103, 'text-anchor': 'middle', class: 'tick' }, isNumber(score) ? 'of 100' : 'no score'));
  const meters = parts.map(([name, value]) => {
    const id = `health-${name.toLowerCase().replaceAll(' ', '-')}`;
    return el('li', null, el('span', { id }, name), isNumber(value)
      ? el('meter', { min: 0, max: 25, low: 8, high: 16, optimum: 25, value, 'aria-labelledby': id }) : el('span', null),
    el('span', { class: 'num' }, isNumber(value) ? `${number(value)} / 25` : 'not measured'));
  });
  return [el('div', { class: 'health' }, arc, meters.length ? el('ul', { class: 'meters' }, meters) : null),
    parts.length && measured < parts.length ? el('p', { class: 'quiet' }, isNumber(score) ? `From ${measured} of ${parts.length} parts: the others cannot be measured.` : `No score: ${measured} of ${parts.length} parts can be measured.`) : null];
}

