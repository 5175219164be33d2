// The report of one table: its tabs, from the answer's JSON.
// SPDX-License-Identifier: Apache-2.0
import { brief, cellText, csvText, el, isNumber, kindOf, monthName, more, number, percent, rowsOf, section, table, valueText, words } from './dom.js';
import { fanChart, timeChart } from './charts.js';
import { bars, health, heatMap, scatter } from './figures.js';
import { tabs } from './frame.js';
import { whatIf } from './whatif.js';

const AT_ONCE = 12; // regions and departments that are shown before "Show all"
const WITHIN = ['regional_revenue', 'departmental_revenue'];

function kpiText(key, value) {
  const kind = key === 'forecast_accuracy' ? 'rate' : kindOf(key);
  if (!isNumber(value)) {
    return 'n/a';
  }
  return kind === 'number' ? (key === 'dso' ? number(value) : brief(value)) : valueText(kind, value);
}

const KPI_WORDS = { growth_rate: 'Growth rate of revenue', dso: 'DSO, days' };

const dated = (text) => (text ? monthName(text) : '–');

/** What was assumed and put aside when the table was read. */
function notesOf(report) {
  const meta = (report.metadata || {}).notes;
  const check = ((report.supporting_reports || {}).validation_report || {}).notes;
  const notes = [...new Set([].concat(meta || [], check || []).map(String))];
  return notes.length ? el('aside', { class: 'notes', 'aria-label': 'Notes on the data' }, el('strong', null, notes.length === 1 ? 'A note on the data' : 'Notes on the data'), el('ul', { class: 'plain-list' }, notes.map((n) => el('li', null, n.charAt(0).toUpperCase() + n.slice(1))))) : null;
}

/** The first of many, and all of them behind a word: made only when it is opened. */
function shown(items, make, box = (all) => all) {
  const first = box(items.slice(0, AT_ONCE).map(make));
  if (items.length <= AT_ONCE) {
    return first;
  }
  const rest = more(`Show all ${items.length}`);
  rest.addEventListener('toggle', () => rest.children.length < 2 && rest.append(box(items.slice(AT_ONCE).map(make))), { once: true });
  return [el('p', { class: 'quiet' }, `The ${AT_ONCE} with most revenue, of ${items.length}.`), first, rest];
}

const latest = (values) => (values || []).slice(-12).filter(isNumber).reduce((a, b) => a + b, 0);

/** "2026-…" lists, or one text in paragraphs; **bold** and list marks of the markdown become elements. */
function prose(text) {
  const inline = (line) => line.split(/(\*\*[^*]+\*\*)/).map((part) => (part.startsWith('**') && part.endsWith('**') && part.length > 4 ? el('strong', null, part.slice(2, -2)) : part));
  return String(text).split(/\n{2,}/).filter((p) => p.trim()).map((block) => {
    const lines = block.split('\n').filter((l) => l.trim());
    if (lines.every((l) => /^\s*[-*] /.test(l))) {
      return el('ul', null, lines.map((l) => el('li', null, inline(l.replace(/^\s*[-*] /, '')))));
    }
    return lines.map((l) => (/^#+ /.test(l) ? el('h4', null, inline(l.replace(/^#+ /, ''))) : el('p', null, inline(l))));
  });
}

const list = (items) => (items.length ? el('ul', { class: 'plain-list' }, items.map((i) => el('li', null, ...[prose(typeof i === 'string' ? i : i.text || i.insight || cellText(i))].flat()))) : el('p', { class: 'quiet' }, 'None.'));

const monthOf = (text) => (text ? monthName(String(text).slice(0, 7)) : '–');
const healthParts = (kpis) => Object.entries(kpis.financial_health_parts || {}).map(([k, v]) => [words(k), v]);

function overview(report) {
  const kpis = report.kpis || {};
  const shown = ['total_revenue', 'total_expenses', 'profit_margin', 'cashflow', 'growth_rate', 'dso', 'forecast_accuracy'].filter((k) => k in kpis);
  const tiles = el('dl', { class: 'tiles' }, shown.map((k) => el('div', { class: 'tile' }, el('dt', null, KPI_WORDS[k] || words(k)), el('dd', null, kpiText(k, kpis[k])))));
  const narratives = report.narratives || {};
  const told = narratives.summary_text || narratives.narrative || '';
  const enhanced = Object.entries(report.enhanced_kpis || {}).filter(([, v]) => isNumber(v)).map(([k, v]) => ({ figure: words(k), value: valueText(kindOf(k), v) }));
  const meta = report.metadata || {};
  return [
    el('p', { class: 'quiet' }, [`Data from ${monthOf(meta.data_start_date)} to ${monthOf(meta.data_end_date)}`, isNumber(meta.months) ? `${meta.months} months` : '', isNumber(meta.rows) ? `${number(meta.rows)} rows` : ''].filter(Boolean).join(', ') + '.'),
    notesOf(report),
    tiles,
    section('Financial health', health(kpis.financial_health_score, healthParts(kpis))),
    section('In words', prose(told), narratives.analyst_insights ? [el('h4', null, 'Insights'), list(narratives.analyst_insights)] : null),
    report.recommendations ? section('Recommendations', list([].concat(report.recommendations))) : null,
    enhanced.length ? section('Further figures', table('Means over the months', enhanced, [['figure', 'Figure'], ['value', 'Value']])) : null,
  ];
}

/** The months that a forecast was made from, as rows. */
function pastOf(health) {
  const sent = health && health.history;
  if (!sent || !Array.isArray(sent.values)) {
    return [];
  }
  const [year, month] = String(sent.start).split('-').map(Number);
  return sent.values.map((value, i) => {
    const at = year * 12 + month - 1 + i;
    return { date: `${Math.floor(at / 12)}-${String((at % 12) + 1).padStart(2, '0')}-01`, value };
  });
}

/** Growth has no series of its own: it is that of revenue, from month to month. */
function historyOf(report, metric) {
  if (metric !== 'growth_rate') {
    return pastOf(healthOf(report, metric));
  }
  const revenue = pastOf(healthOf(report, 'revenue'));
  return revenue.slice(1).map((r, i) => ({ date: r.date, value: revenue[i].value > 0 && isNumber(r.value) ? 100 * (r.value / revenue[i].value - 1) : null }));
}

const healthOf = (report, metric) => (report.model_health_report || {})[metric] || {};

function modelRows(report) {
  const rows = [];
  const take = (name, h, group) => {
    if (!h || typeof h !== 'object') {
      return;
    }
    const scores = h.backtesting_rmse || {};
    const accuracy = h.accuracy_percentage;
    rows.push({
      metric: group ? '' : name, series: group ? `${group}: ${name}` : words(name), model: h.best_model_selected || '–',
      ...Object.fromEntries(Object.entries(scores).map(([k, v]) => [`rmse_${k}`, v])),
      mae: scalar(h.backtesting_mae), mape: scalar(h.backtesting_mape), accuracy: isNumber(accuracy) ? accuracy : null,
      note: [h.status === 'Success' ? '' : h.status, h.reason].filter(Boolean).join(': ') || 'ok',
    });
  };
  for (const [metric, h] of Object.entries(report.model_health_report || {})) {
    const inner = WITHIN.includes(metric) ? h.regions || h.departments : null;
    if (Array.isArray(inner)) {
      inner.forEach((r) => take(r.name, r, metric === 'regional_revenue' ? 'Region' : 'Department'));
    } else {
      take(metric, h, '');
    }
  }
  return rows;
}

/** A score that may be one number, or one for each model. */
function scalar(v) {
  if (isNumber(v)) {
    return v;
  }
  const numbers = v && typeof v === 'object' ? Object.values(v).filter(isNumber) : [];
  return numbers.length ? Math.min(...numbers) : null;
}

/** A table of many rows: the first, and all of them behind a word. */
function shownRows(caption, rows, columns, most = 40) {
  if (rows.length <= most) {
    return table(caption, rows, columns);
  }
  const rest = more(`Show all ${rows.length}`);
  rest.addEventListener('toggle', () => rest.children.length < 2 && rest.append(table(caption, rows, columns)), { once: true });
  return [table(`${caption}: the first ${most} of ${rows.length}`, rows.slice(0, most), columns), rest];
}

function forecasts(report) {
  const chart = report.forecast_chart || {};
  const charts = [];
  for (const [metric, points] of Object.entries(chart)) {
    if (Array.isArray(points) && points.length) {
      const h = healthOf(report, metric);
      charts.push(fanChart(metric === 'growth_rate' ? 'Growth rate of revenue' : words(metric), historyOf(report, metric), points, [metric === 'growth_rate' ? 'from the forecast of revenue' : h.best_model_selected, isNumber(h.accuracy_percentage) ? `accuracy ${percent(h.accuracy_percentage)}` : ''].filter(Boolean).join(', '), kindOf(metric)));
    }
  }
  const inner = (key, rows) => {
    const known = new Map((Array.isArray(healthOf(report, key)[rows]) ? healthOf(report, key)[rows] : []).map((r) => [r.name, r]));
    const all = Object.entries(chart[key] || {}).filter(([, p]) => Array.isArray(p) && p.length);
    const size = new Map(all.map(([name]) => [name, latest(((known.get(name) || {}).history || {}).values)]));
    all.sort(([a], [b]) => size.get(b) - size.get(a));
    return all.length ? shown(all, ([name, points]) => fanChart(name, pastOf(known.get(name)), points, (known.get(name) || {}).best_model_selected), (made) => el('div', { class: 'charts' }, made)) : null;
  };
  const regions = inner('regional_revenue', 'regions');
  const departments = inner('departmental_revenue', 'departments');
  const scores = modelRows(report);
  const keys = [...new Set(scores.flatMap((r) => Object.keys(r)))];
  const columns = ['series', 'model', ...keys.filter((k) => k.startsWith('rmse_')), 'mae', 'mape', 'accuracy', 'note']
    .map((k) => [k, k.startsWith('rmse_') ? `RMSE ${k.slice(5)}` : k === 'accuracy' ? 'Accuracy' : k === 'note' ? 'Status' : words(k)]);
  return [
    charts.length ? el('div', { class: 'charts' }, charts) : el('p', { class: 'quiet' }, 'No series is long enough to be forecast: 12 months are needed.'),
    regions ? section('Revenue by region', regions) : null,
    departments ? section('Revenue by department', departments) : null,
    scores.length ? section('Models and their back-tests', shownRows('The model that served each series, and what each candidate erred on the months held out', scores, columns)) : null,
  ];
}

function breakdowns(report) {
  const v = report.visualizations || {};
  const all = Object.entries(v.breakdowns || {}).map(([key, data]) => {
    const rows = rowsOf(data).map((r) => {
      const keys = Object.keys(r);
      const name = keys.find((k) => typeof r[k] === 'string') || keys[0];
      return { name: r[name] === null ? '(none)' : r[name], value: r[keys.find((k) => isNumber(r[k]))] ?? null };
    });
    rows.sort((a, b) => (b.value ?? -Infinity) - (a.value ?? -Infinity));
    return rows.length ? bars(words(key), rows.slice(0, AT_ONCE), rows.length > AT_ONCE ? `the ${AT_ONCE} largest of ${rows.length}` : '', rows) : null;
  }).filter(Boolean);
  const series = Object.entries(v.time_series || {}).map(([key, data]) => {
    const rows = rowsOf(data);
    return rows.length ? timeChart(words(key), rows) : null;
  }).filter(Boolean);
  return [all.length ? el('div', { class: 'charts' }, all) : el('p', { class: 'quiet' }, 'The table names no regions and no departments.'),
    series.length ? section('Over time', el('div', { class: 'charts' }, series)) : null];
}

/** Regions and departments with the largest first. */
const byRevenue = (rows) => ('revenue_sum' in rows[0] ? [...rows].sort((a, b) => (b.revenue_sum ?? -Infinity) - (a.revenue_sum ?? -Infinity)) : rows);

/** A share is off by points, everything else by per cent of what was expected. */
function offBy(kind, value, expected, percentage) {
  const signed = (x, unit) => `${x > 0 ? '+' : ''}${percent(x).replace('%', unit)}`;
  return kind === 'share' && isNumber(expected) ? signed(100 * (value - expected), 'points') : isNumber(percentage) ? signed(percentage, '%') : '–';
}

function diagnostics(report) {
  const parts = [];
  const anomalies = report.anomalies_table || [];
  parts.push(notesOf(report));
  parts.push(section('Anomalies', anomalies.length ? table('Months that at least three of six detectors call unusual', anomalies.map((a) => {
    const kind = kindOf(String(a.metric).toLowerCase().replaceAll(' ', '_'));
    const [value, expected] = [a.value, a.expected_value_mean ?? a.expected_value_median];
    return {
      date: dated(a.date), metric: a.region || a.department ? `${words(a.metric)} (${a.region || a.department})` : a.metric, value: valueText(kind, value), expected: valueText(kind, expected),
      deviation: offBy(kind, value, expected, a.deviation_pct), severity: words(String(a.severity_level || a.severity || '').toLowerCase()),
      agreed: String(a.algorithms_agreed ?? '–').replace('/', ' of '), reason: a.reason || a.context || '',
    };
  }), [['date', 'Month'], ['metric', 'Metric'], ['value', 'Value'], ['expected', 'Expected'], ['deviation', 'Off by'], ['severity', 'Severity'], ['agreed', 'Detectors'], ['reason', 'Reason']])
    : el('p', { class: 'quiet' }, 'No month stands out.')));
  for (const [group, tables] of Object.entries(report.tables || {}).filter(([g]) => g !== 'forecast_tables')) { // those stand with their charts
    const inner = Object.entries(tables || {}).map(([key, data]) => [key, rowsOf(data)]).filter(([, rows]) => rows.length);
    if (inner.length) {
      parts.push(section(words(group), inner.map(([key, rows]) => shownRows(words(key), byRevenue(rows), undefined))));
    }
  }
  const support = report.supporting_reports || {};
  const check = support.validation_report || {};
  const isList = (v) => Array.isArray(v) && v.some((x) => x !== null && typeof x === 'object');
  const scalars = Object.entries(check).filter(([k]) => k !== 'notes').filter(([, v]) => v === null || typeof v !== 'object' || (Array.isArray(v) && v.length && !isList(v))).map(([k, v]) => ({ what: words(k), value: cellText(v) }));
  parts.push(section('Data quality', scalars.length ? table('Validation', scalars, [['what', 'What'], ['value', 'Value']]) : null,
    Object.entries(check).filter(([, v]) => v && typeof v === 'object' && !Array.isArray(v) && Object.keys(v).length)
      .map(([key, v]) => table(words(key), Object.entries(v).map(([k, x]) => ({ name: k, value: cellText(x) })), key === 'header_mappings' ? [['name', 'Column of the file'], ['value', 'Read as']] : [['name', 'Name'], ['value', 'Value']])),
    Object.entries(check).filter(([, v]) => isList(v)).map(([key, v]) => table(words(key), v)),
    (support.corrections_log || []).length ? table('Corrections', support.corrections_log.slice(0, 200)) : el('p', { class: 'quiet' }, 'Nothing was corrected.'),
    (report.raw_data_preview || []).length ? table('The first rows', report.raw_data_preview) : null,
    (support.feature_schema || []).length ? table('Derived figures', support.feature_schema) : null));
  return parts;
}

function correlations(report) {
  const c = (report.visualizations || {}).correlations || {};
  const parts = [];
  if (c.correlation_matrix && (c.correlation_matrix.columns || []).length > 1) {
    parts.push(heatMap('Correlations of monthly figures', c.correlation_matrix.columns, c.correlation_matrix.values));
  }
  const insights = report.correlation_insights || [];
  parts.push(section('Strong pairs', insights.length ? table('Pairs with |r| above 0.7, and what a Granger test says about who leads', insights, [['metric_a', 'Metric'], ['metric_b', 'with'], ['correlation', 'r'], ['lag_months', 'Lag, months'], ['p_value', 'p'], ['conclusion', 'Conclusion']])
    : el('p', { class: 'quiet' }, 'No pair of metrics moves closely together.')));
  const plots = Object.keys(c).filter((k) => k.endsWith('_scatter')).map((k) => {
    const rows = rowsOf(c[k]);
    return rows.length ? scatter(words(k.replace(/_scatter$/, '')), rows, c[k.replace(/_scatter$/, '_regression')]) : null;
  }).filter(Boolean);
  if (plots.length) {
    parts.push(section('Scatters', el('div', { class: 'charts' }, plots)));
  }
  const regional = Object.entries(c.regional_correlations || {}).filter(([, m]) => m && (m.columns || []).length > 1);
  if (regional.length) {
    const known = new Map((healthOf(report, 'regional_revenue').regions || []).map((r) => [r.name, latest((r.history || {}).values)]));
    regional.sort(([a], [b]) => (known.get(b) || 0) - (known.get(a) || 0));
    parts.push(section('By region', shown(regional, ([name, m]) => heatMap(name, m.columns, m.values), (made) => el('div', { class: 'charts' }, made))));
  }
  return parts;
}

function drivers(report) {
  const d = report.profit_drivers || {};
  const rows = (d.feature_attributions || []).map((f) => ({ name: words(f.feature), value: f.contribution_score }));
  return [el('p', null, d.insight || 'Too few months to tell what drives profit.'),
    rows.length ? bars('How much each moves profit: mean size (Shapley values)', rows) : null,
    d.model_version ? el('p', { class: 'quiet' }, `Model: ${d.model_version}${isNumber(d.r2) ? `; tells ${percent(d.r2 * 100)} of profit out of fold` : ''}.`) : null];
}

/** All forecast points as flat rows. */
export function forecastRows(report) {
  const rows = [];
  for (const [metric, points] of Object.entries(report.forecast_chart || {})) {
    const groups = Array.isArray(points) ? [['', points]] : Object.entries(points || {});
    for (const [name, list_] of groups) {
      for (const p of Array.isArray(list_) ? list_ : []) {
        rows.push({ metric, name, date: p.date, predicted: p.predicted, lower: p.lower, upper: p.upper });
      }
    }
  }
  return rows;
}

export const forecastCsv = (report) => csvText(forecastRows(report), ['metric', 'name', 'date', 'predicted', 'lower', 'upper']);

/** The tabs of a report. `files` are those it was made from, for what-if. */
export function reportView(report, files) {
  return tabs('Parts of the report', [
    ['Overview', () => wrap(overview(report))],
    ['Forecasts', () => wrap(forecasts(report))],
    ['Breakdowns', () => wrap(breakdowns(report))],
    ['Diagnostics', () => wrap(diagnostics(report))],
    ['Correlations', () => wrap(correlations(report))],
    ['Drivers', () => wrap(drivers(report))],
    ['What-if', () => wrap(whatIf(report, files))],
  ]);
}

const wrap = (parts) => el('div', { class: 'panel' }, parts);
