// The page of many targets: look at the table, choose roles, forecast, read forecasts and reasons.
// SPDX-License-Identifier: Apache-2.0
import { byId, csvText, download, el, isNumber, number, section, table, words } from './dom.js';
import { Problem, request, runJob } from './net.js';
import { fileField, showProblem, tabs, themeButton } from './frame.js';
import { figure, lineChart, seconds } from './charts.js';
import { bars } from './figures.js';

const [form, problem, progress, out, preview] = ['form', 'problem', 'progress', 'report', 'preview'].map(byId);
const HEAD_BYTES = 262144;
let history = null; // the rows of the table at hand, for the charts' past
let made = null; // the table that the server made of a plant's workbooks, as a file

/** A small CSV reader for a preview: quotes, CRLF; a last line that was cut off is left out. */
function csvRows(text, whole) {
  const rows = [];
  let [row, cell, quoted] = [[], '', false];
  const body = text.replace(/^\ufeff/, '');
  for (let i = 0; i < body.length; i++) {
    const c = body[i];
    if (quoted) {
      if (c === '"' && body[i + 1] === '"') {
        cell += '"';
        i++;
      } else if (c === '"') {
        quoted = false;
      } else {
        cell += c;
      }
    } else if (c === '"' && cell === '') {
      quoted = true;
    } else if (c === ',' || c === '\n' || c === '\r') {
      row.push(cell);
      cell = '';
      if (c !== ',') {
        if (row.length > 1 || row[0] !== '') {
          rows.push(row);
        }
        row = [];
        if (c === '\r' && body[i + 1] === '\n') {
          i++;
        }
      }
    } else {
      cell += c;
    }
  }
  if (whole && (cell !== '' || row.length)) {
    rows.push([...row, cell]);
  }
  return rows;
}

const value = (text) => (text === undefined || text.trim() === '' || !Number.isFinite(Number(text)) ? (text || null) : Number(text));

async function localTable(file) {
  const whole = file.size <= 32 * HEAD_BYTES;
  const rows = csvRows(await (whole ? file : file.slice(0, HEAD_BYTES)).text(), whole);
  const columns = rows.shift() || [];
  return { name: file.name, n_rows: whole ? rows.length : null, columns, rows: rows.map((r) => Object.fromEntries(columns.map((c, i) => [c, value(r[i])]))) };
}

function fieldsOf(files, params) {
  const data = new FormData();
  for (const f of files) {
    data.append(files.length > 1 ? 'files' : 'file', f, f.name);
  }
  data.append('params', JSON.stringify(params));
  return data;
}

const isCsv = (f) => /\.(csv|txt)$/i.test(f.name);

async function look(files) {
  showProblem(problem, null);
  preview.replaceChildren(el('p', { role: 'status' }, 'Reading…'));
  try {
    let tables;
    history = null;
    made = null;
    if (byId('etl').checked) {
      tables = (await (await request('/v1/multi', { method: 'POST', body: fieldsOf(files, { etl: true }) })).json()).tables;
      const whole = tables.find((t) => t.name === 'final' && t.rows.length === t.n_rows);
      if (whole && whole.rows.length) {
        history = { ...whole, rows: rowsOfTable(whole) };
        made = new File([csvText(history.rows, whole.columns)], 'final.csv', { type: 'text/csv' });
        tables = [whole, ...tables.filter((t) => t !== whole && t.rows.length)];
      }
    } else {
      tables = await Promise.all(files.filter(isCsv).map(localTable));
      history = tables.length === 1 ? tables[0] : null;
    }
    showTables(tables);
  } catch (error) {
    preview.replaceChildren();
    showProblem(problem, error, () => look(files));
  }
}

function namesOf(t) {
  return (t.columns || []).map((c) => (typeof c === 'string' ? c : c.name));
}

function rowsOfTable(t) {
  const names = namesOf(t);
  return (t.rows || []).map((r) => (Array.isArray(r) ? Object.fromEntries(names.map((n, i) => [n, r[i]])) : r));
}

function showTables(tables) {
  preview.replaceChildren(...tables.map((t) => {
    const names = namesOf(t);
    const rows = rowsOfTable(t);
    const cut = names.slice(0, 60);
    return section(`${t.name}: ${t.n_rows === null || t.n_rows === undefined ? 'many' : number(t.n_rows)} rows, ${names.length} columns`,
      table(`The first ${Math.min(rows.length, 8)} rows`, rows.slice(0, 8), cut.map((n) => [n, n])));
  }));
  if (!tables.length) {
    preview.replaceChildren(el('p', { class: 'quiet' }, 'A workbook is read by the server alone: name its targets below.'));
  }
  const columns = [...new Set(tables.flatMap((t) => {
    const rows = rowsOfTable(t);
    return namesOf(t).filter((n) => rows.some((r) => isNumber(r[n])));
  }))];
  byId('choices').hidden = false;
  byId('time').value = tables.length ? timeColumn(namesOf(tables[0]), rowsOfTable(tables[0])) : '';
  byId('roles').replaceChildren(columns.length ? roleTable(columns) : el('p', { class: 'quiet' }, 'No columns are known yet.'));
  byId('targets').focus();
}

/** Tick boxes that write into the two fields: names with a comma in them stay in the table's own words. */
function roleTable(columns) {
  const box = (role, column) => {
    const field = byId(role);
    return el('td', null, el('input', {
      type: 'checkbox', 'aria-label': `${column}: ${role === 'targets' ? 'target' : 'static'}`,
      onchange: (e) => {
        const now = field.value.split(',').map((s) => s.trim()).filter(Boolean);
        field.value = (e.target.checked ? [...new Set([...now, column])] : now.filter((n) => n !== column)).join(',');
        ready();
      },
    }));
  };
  return el('table', null, el('caption', null, 'The rest are drivers'), el('thead', null, el('tr', null, ['Column', 'Target', 'Static'].map((t) => el('th', { scope: 'col' }, t)))),
    el('tbody', null, columns.map((c) => el('tr', null, el('th', { scope: 'row' }, c), box('targets', c), box('statics', c)))));
}

function ready() {
  byId('go').disabled = !chosen().length || byId('targets').value.trim() === '';
}

async function start(files) {
  showProblem(problem, null);
  out.replaceChildren();
  progress.hidden = false;
  byId('stage').textContent = 'Sending the file';
  byId('bar').removeAttribute('value');
  byId('go').disabled = true;
  const list = (id) => byId(id).value.split(',').map((s) => s.trim()).filter(Boolean);
  const params = { targets: list('targets'), horizon: Number(byId('horizon').value) };
  const [statics, models] = [list('statics'), byId('models').value.trim()];
  if (statics.length) {
    params.static = statics;
  }
  if (models) {
    params.model = models;
  }
  if (byId('time').value.trim()) {
    params.time_col = byId('time').value.trim();
  }
  if (byId('quick').checked) {
    params.quick = true;
  }
  try {
    const { text } = await runJob('/v1/multi', fieldsOf(made ? [made] : files, params), (name, data) => {
      if (isNumber(data.progress)) {
        byId('bar').value = data.progress;
      }
      if (data.stage) {
        byId('stage').textContent = words(data.stage);
      }
    }, (stop) => {
      byId('cancel').hidden = false;
      byId('cancel').onclick = stop;
    });
    show(JSON.parse(text), text);
  } catch (error) {
    showProblem(problem, error instanceof SyntaxError ? new Problem(500, { detail: 'The answer is not JSON.' }) : error, () => start(files));
  } finally {
    progress.hidden = true;
    byId('cancel').hidden = true;
    ready();
  }
}

/** The answer's series as rows: unique_id, ds, MODEL, MODEL-lo-80 … */
function flat(result) {
  return ((result || {}).series || []).flatMap((s) => s.ds.map((ds, i) => ({
    unique_id: s.unique_id, ds,
    ...Object.fromEntries(Object.entries(s.models).flatMap(([model, columns]) => Object.entries(columns).map(([k, v]) => [k === 'mean' ? model : `${model}-${k}`, v[i]]))),
  })));
}

/** {columns, rows} as objects. */
const unpacked = (t) => ((t || {}).rows || []).map((r) => Object.fromEntries(t.columns.map((c, i) => [c, r[i]])));

/** The rows by target: unique_id, ds, MODEL, MODEL-lo-80 … */
function byTarget(rows) {
  const groups = new Map();
  for (const r of rows) {
    const key = r.unique_id;
    groups.set(key, [...(groups.get(key) || []), r]);
  }
  return groups;
}

function modelsOf(rows) {
  return Object.keys(rows[0] || {}).filter((k) => !['unique_id', 'ds'].includes(k) && !/-(lo|hi)-[\d.]+$/.test(k));
}

/** The first column whose texts are dates. */
function timeColumn(names, rows) {
  const some = rows.slice(0, 5);
  return some.length ? names.find((c) => some.every((r) => typeof r[c] === 'string' && Number.isFinite(Date.parse(r[c])))) || '' : '';
}

function past(target, time) {
  if (!history || !history.columns.includes(target)) {
    return [];
  }
  const key = timeColumn(history.columns, history.rows);
  return key && time ? history.rows.slice(-Math.min(120, Math.max(24, 12 * Number(byId('horizon').value)))).map((r) => [seconds(r[key]), isNumber(r[target]) ? r[target] : null]).filter(([t]) => Number.isFinite(t)) : [];
}

function targetFigure(target, rows, model) {
  const time = rows.every((r) => typeof r.ds === 'string' && Number.isFinite(seconds(r.ds)));
  const x = rows.map((r, i) => (time ? seconds(r.ds) : isNumber(r.ds) ? r.ds : i + 1));
  const before = past(target, time).filter(([t]) => t < x[0]);
  const levels = Object.keys(rows[0]).map((k) => (k.startsWith(`${model}-lo-`) ? k.slice(model.length + 4) : null)).filter(Boolean).sort((a, b) => Number(a) - Number(b));
  // The fan opens at the last value that is known.
  const pad = (values) => [...before.map(([, v], i) => (i === before.length - 1 ? v : null)), ...values];
  const data = [[...before.map(([t]) => t), ...x], [...before.map(([, v]) => v), ...rows.map(() => null)], pad(rows.map((r) => r[model] ?? null))];
  const series = [{ label: 'Actual', colour: '--ink' }, { label: model, colour: '--accent', points: true }];
  const bands = [];
  for (const level of levels.filter((l) => rows.some((r) => isNumber(r[`${model}-lo-${l}`])))) {
    const n = data.length;
    data.push(pad(rows.map((r) => r[`${model}-hi-${level}`] ?? null)), pad(rows.map((r) => r[`${model}-lo-${level}`] ?? null)));
    series.push({ label: `${level} % high`, colour: '--accent-soft', width: 1 }, { label: `${level} % low`, colour: '--accent-soft', width: 1 });
    bands.push([n, n + 1, '--band']);
  }
  const said = rows.slice(0, 5).map((r) => `${String(r.ds).slice(0, 10)} ${number(r[model])}`).join('; ');
  return figure(target, lineChart(target, data, series, bands, { time, x: 'Step', alt: `${target}, forecast by ${model}: ${said}` }), rows.map(({ unique_id: _, ...rest }) => rest), Object.keys(rows[0]).filter((k) => k !== 'unique_id').map((k) => [k, k]));
}

function show(answer, text) {
  const rows = flat(answer.result);
  const models = modelsOf(rows);
  const best = models.includes('ensemble') ? 'ensemble' : models[models.length - 1];
  const groups = byTarget(rows);
  const pick = el('select', { id: 'shown', onchange: () => draw(pick.value) }, models.map((m) => el('option', { value: m, selected: m === best }, m)));
  const charts = el('div', { class: 'charts' });
  const draw = (model) => charts.replaceChildren(...[...groups].map(([target, r]) => targetFigure(target, r, model)));
  const title = el('h1', { tabindex: '-1' }, `${groups.size} target${groups.size === 1 ? '' : 's'}`);
  const summary = answer.summary || {};
  const metrics = unpacked(answer.metrics);
  const steps = metrics.filter((r) => r.step === 'all');
  out.replaceChildren(
    el('header', { class: 'report-head' }, el('div', null, title, el('p', { class: 'quiet' }, `${summary.n_ok ?? '–'} parts are well, ${summary.n_fallback ?? 0} fell back, ${summary.n_failed ?? 0} failed.`)),
      el('div', { class: 'buttons', role: 'group', 'aria-label': 'Download' },
        el('button', { type: 'button', onclick: () => download('multi.json', 'application/json', text) }, 'JSON'),
        el('button', { type: 'button', onclick: () => download('multi.csv', 'text/csv', csvText(rows, Object.keys(rows[0] || {}))) }, 'CSV'))),
    tabs('Parts of the answer', [
      ['Forecasts', () => {
        draw(best);
        return el('div', { class: 'panel' }, el('div', { class: 'field' }, el('label', { for: 'shown' }, 'Model shown'), pick), charts);
      }],
      ['Importances', () => el('div', { class: 'panel' }, importances(answer.explanations || []))],
      ['Scores', () => el('div', { class: 'panel' }, steps.length ? section('Out-of-fold scores', table('Over the earlier origins, all steps together', steps)) : el('p', null, 'No scores.'))],
    ]));
  title.focus();
}

function importances(explanations) {
  const all = explanations.filter((e) => (e.importances || []).length)
    .map((e) => bars(`${e.target}${e.model ? ` by ${e.model}` : ''}`, e.importances.slice(0, 20).map((i) => ({ name: i.name, value: i.importance }))));
  return all.length ? el('div', { class: 'charts' }, all) : el('p', { class: 'quiet' }, 'None of the models tells importances: ebm and gbdt do.');
}

themeButton();
const chosen = fileField(byId('drop'), byId('files'), byId('chosen'), (files) => {
  byId('look').disabled = files.length === 0;
  preview.replaceChildren();
  [history, made] = [null, null];
  byId('choices').hidden = true;
  byId('targets').value = '';
  byId('statics').value = '';
  ready();
  if (files.length && !byId('etl').checked) {
    look(files);
  }
});
byId('look').addEventListener('click', () => look(chosen()));
byId('targets').addEventListener('input', ready);
form.addEventListener('submit', (e) => {
  e.preventDefault();
  if (!byId('go').disabled) {
    start(chosen());
  }
});
