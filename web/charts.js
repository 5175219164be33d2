// Line charts by uPlot: history, forecast and its interval band; each with a text alternative and its data as a table.
// SPDX-License-Identifier: Apache-2.0
import uPlot from './uplot.js';
import { brief, el, isNumber, kindOf, monthName, more, number, table, valueText, words } from './dom.js';

const alive = new Set();
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function rebuildAll() {
  for (const chart of alive) {
    if (chart.box.isConnected) {
      chart.build();
    } else {
      chart.drop();
    }
  }
}
document.addEventListener('norn-theme', rebuildAll);

const observer = new ResizeObserver((entries) => {
  for (const entry of entries) {
    const chart = entry.target.nornChart;
    if (chart && entry.contentRect.width > 0) {
      chart.resize(Math.floor(entry.contentRect.width));
    }
  }
});

/** A date of the report ("2024-03-01", also with a time) as seconds. */
export const seconds = (date) => Date.parse(String(date).length === 10 ? `${date}T00:00:00Z` : String(date)) / 1000;

/**
 * A chart of series over time. `data` is [x, y1, y2, …] with null for gaps; `series` as {label, colour, dash, fill, points}; `bands`
 * as [[upper, lower, colour]] by series number. `options.time` false: x are plain numbers.
 */
export function lineChart(title, data, series, bands = [], options = {}) {
  const box = el('div', { class: 'plot', role: 'img', 'aria-label': options.alt || title });
  const height = options.height || 240;
  const said = (v, plain) => (options.kind && options.kind !== 'number' ? valueText(options.kind, v) : plain(v));
  const chart = {
    box, plot: null,
    build() {
      this.drop();
      const axis = { stroke: colour('--quiet'), grid: { stroke: colour('--line'), width: 1 }, ticks: { stroke: colour('--line'), width: 1 }, font: '12px system-ui, sans-serif' };
      this.plot = new uPlot({
        width: Math.max(200, Math.floor(box.clientWidth || 600)), height,
        tzDate: (ts) => uPlot.tzDate(new Date(ts * 1000), 'Etc/UTC'),
        cursor: { drag: { x: false, y: false } },
        legend: { live: options.live !== false },
        scales: { x: { time: options.time !== false }, ...(options.range ? { y: { range: options.range } } : {}) },
        axes: [{ ...axis, space: 70, ...(options.clock ? { incrs: [1, 2, 5, 10, 15, 30, 60, 120, 300, 600] } : {}), ...(options.time === false ? {} : { values: (_, splits, __, ___, step) => splits.map((v) => tickText(v, step)) }) }, { ...axis, size: 64, values: (_, values) => values.map((v) => (v === null ? '' : said(v, brief))) }],
        bands: bands.map(([upper, lower, name]) => ({ series: [upper, lower], fill: colour(name) })),
        series: [{ label: options.time === false ? options.x || 'x' : options.clock ? 'Time' : 'Date', value: options.time === false ? (_, v) => number(v) : (_, v) => (v === null ? '–' : options.clock ? new Date(v * 1000).toLocaleTimeString('en-GB') : monthOrDay(v)) },
          ...series.map((s) => ({
            label: s.label, stroke: colour(s.colour || '--accent'), width: s.width ?? 2, dash: s.dash, fill: s.fill ? colour(s.fill) : undefined,
            points: { show: s.points ?? false, size: 6 }, spanGaps: s.spanGaps || false, value: (_, v) => (v === null || v === undefined ? '–' : said(v, number)),
          }))],
      }, this.data, box);
      observer.observe(box);
    },
    resize(width) {
      if (this.plot && Math.abs(this.plot.width - width) > 1) {
        this.plot.setSize({ width, height });
      }
    },
    update(next) {
      this.data = next;
      if (this.plot) {
        this.plot.setData(next);
      }
    },
    drop() {
      if (this.plot) {
        this.plot.destroy();
        this.plot = null;
      }
      if (!box.isConnected) {
        alive.delete(this);
        observer.unobserve(box);
      }
    },
    data,
  };
  box.nornChart = chart;
  alive.add(chart);
  // It needs its width: it is drawn when it stands in the page.
  requestAnimationFrame(() => chart.plot || chart.build());
  return chart;
}

/** A tick's text by the step between ticks, in UTC: year, month, day or time. */
function tickText(v, step) {
  if (v === null) {
    return '';
  }
  const text = new Date(v * 1000).toISOString();
  return step >= 31536000 ? text.slice(0, 4) : step >= 2400000 ? monthName(text.slice(0, 7)) : step >= 86400 ? text.slice(5, 10) : text.slice(11, 19);
}

function monthOrDay(v) {
  const text = new Date(v * 1000).toISOString();
  return monthName(text.slice(0, 10));
}

/** A figure: the chart, its caption, and its numbers as a table that opens. */
export function figure(title, chart, rows, columns, note) {
  return el('figure', null, el('figcaption', null, el('strong', null, title), note ? el('span', { class: 'quiet' }, ` ${note}`) : null),
    chart.box || chart, rows && rows.length ? more('The numbers', table(title, rows, columns)) : null);
}

/** History [{date, value}] and points [{date, predicted, lower, upper}] as one fan chart. */
export function fanChart(title, history, points, note, kind = 'number') {
  const known = history.filter((h) => h.date);
  const ahead = points.filter((p) => p.date);
  const x = [...known.map((h) => seconds(h.date)), ...ahead.map((p) => seconds(p.date))];
  const n = known.length;
  const column = (of) => [...Array(n).fill(null), ...ahead.map(of)];
  const actual = [...known.map((h) => (isNumber(h.value) ? h.value : null)), ...ahead.map(() => null)];
  const data = [x, actual, column((p) => p.predicted), column((p) => p.upper), column((p) => p.lower)];
  if (n && isNumber(known[n - 1].value)) { // the fan opens at the last month that is known
    for (const c of data.slice(2)) {
      c[n - 1] = known[n - 1].value;
    }
  }
  const said = ahead.map((p) => `${monthName(p.date)}: ${valueText(kind, p.predicted)}, between ${valueText(kind, p.lower)} and ${valueText(kind, p.upper)}`).join('; ');
  const chart = lineChart(title, data, [
    { label: 'Actual', colour: '--ink', points: n < 2 },
    { label: 'Forecast', colour: '--accent', dash: [6, 4], points: true },
    { label: 'Upper', colour: '--accent-soft', width: 1 },
    { label: 'Lower', colour: '--accent-soft', width: 1 },
  ], [[3, 4, '--band']], { alt: `${title}: ${n} months of history. Forecast ${said}.`, kind });
  const told = (v) => (kind === 'number' || !isNumber(v) ? v : valueText(kind, v));
  const rows = [...known.map((h) => ({ date: monthName(h.date), actual: told(h.value), predicted: null, lower: null, upper: null })),
    ...ahead.map((p) => ({ date: monthName(p.date), actual: null, predicted: told(p.predicted), lower: told(p.lower), upper: told(p.upper) }))];
  return figure(title, chart, rows.slice(-18), [['date', 'Month'], ['actual', 'Actual'], ['predicted', 'Forecast'], ['lower', 'Lower'], ['upper', 'Upper']], note);
}

/** Columns of rows over their dates. */
export function timeChart(title, rows) {
  const keys = Object.keys(rows[0] || {});
  const time = keys.find((k) => /date|month|period/i.test(k));
  const values = keys.filter((k) => k !== time && rows.some((r) => isNumber(r[k])));
  if (!time || !values.length) {
    return el('div', null, table(title, rows.slice(0, 60)));
  }
  const colours = ['--accent', '--second', '--third', '--ink'];
  const data = [rows.map((r) => seconds(r[time])), ...values.map((k) => rows.map((r) => (isNumber(r[k]) ? r[k] : null)))];
  const kinds = [...new Set(values.map(kindOf))];
  const last = values.map((k) => `${words(k)} ${valueText(kindOf(k), rows[rows.length - 1][k])}`).join(', ');
  const chart = lineChart(title, data, values.map((k, i) => ({ label: words(k), colour: colours[i % colours.length] })), [],
    { alt: `${title}: ${rows.length} months, at the end ${last}.`, kind: kinds.length === 1 ? kinds[0] : 'number' });
  return figure(title, chart, rows.slice(-24));
}
