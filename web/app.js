// The report's page: choose files, watch the job, read the report.
// SPDX-License-Identifier: Apache-2.0
import { byId, download, el, isNumber, kindOf, monthName, number, percent, valueText, words } from './dom.js';
import { Problem, request, runJob } from './net.js';
import { fileField, showProblem, themeButton } from './frame.js';
import { forecastCsv, reportView } from './report.js';

const [form, problem, progress, out] = ['form', 'problem', 'progress', 'report'].map(byId);
let cancel = null;

const STAGES = { upload: 'Receiving the file', validation: 'Checking the table', forecasting: 'Forecasting the metrics', regional: 'Forecasting the regions', departmental: 'Forecasting the departments', analytics: 'Looking for what stands out', visualizations: 'Preparing the charts', complete: 'Done' };

function body(files, more = {}) {
  const data = new FormData();
  for (const f of files) {
    data.append(files.length > 1 ? 'files' : 'file', f, f.name);
  }
  data.append('mode', form.elements.mode.value);
  const models = form.elements.models.value.trim();
  if (models) {
    data.append('models', models);
  }
  for (const [k, v] of Object.entries(more)) {
    data.append(k, v);
  }
  return data;
}

function startProgress() {
  progress.hidden = false;
  out.replaceChildren();
  byId('bar').removeAttribute('value');
  byId('stage').textContent = 'Sending the file';
  byId('arrived').replaceChildren();
}

let lastStage = '';
function seen(name, data) {
  if (isNumber(data.progress)) {
    byId('bar').value = data.progress;
  }
  const stage = data.stage;
  if (name === 'progress' && stage && stage !== lastStage) {
    lastStage = stage;
    byId('stage').textContent = STAGES[stage] || words(stage);
  }
  if (name === 'item' && Array.isArray(data.points)) {
    arrived(data);
  }
}

/** A series that is done: its points, while the others are still at work. */
function arrived(s) {
  const name = String(s.name ?? s.id ?? '');
  const group = s.part === 'region' || s.part === 'department' ? `${words(s.part)}: ` : '';
  const kind = group ? 'number' : kindOf(name);
  const points = s.points.map((p) => `${monthName(p.date)} ${valueText(kind, p.predicted)}`).join(', ');
  const list = byId('arrived');
  list.append(el('li', null, el('strong', null, group + (group ? name : words(name))), ' ', points || s.reason || 'no forecast', s.model ? el('span', { class: 'quiet' }, ` ${s.model}`) : null));
  byId('count').textContent = `Series done: ${list.children.length}`;
}

async function start(files) {
  showProblem(problem, null);
  startProgress();
  byId('go').disabled = true;
  lastStage = '';
  const began = performance.now();
  try {
    const { text } = await runJob('/full_report', body(files), seen, (stop) => {
      cancel = stop;
      byId('cancel').hidden = false;
    });
    show(JSON.parse(text), text, files, (performance.now() - began) / 1000);
  } catch (error) {
    progress.hidden = true;
    showProblem(problem, error instanceof SyntaxError ? new Problem(500, { detail: 'The answer is not the JSON of a report.' }) : error, () => start(files));
  } finally {
    byId('go').disabled = false;
    byId('cancel').hidden = true;
    cancel = null;
  }
}

function show(answer, text, files, took) {
  const report = answer.full_analysis_report;
  progress.hidden = true;
  const accuracy = (report.kpis || {}).forecast_accuracy;
  const title = el('h1', { tabindex: '-1' }, files.length > 1 ? `Report of ${files.length} files` : `Report of ${files[0].name}`);
  const buttons = el('div', { class: 'buttons', role: 'group', 'aria-label': 'Download the report' },
    el('button', { type: 'button', onclick: () => download('report.json', 'application/json', text) }, 'JSON'),
    el('button', { type: 'button', onclick: () => download('forecasts.csv', 'text/csv', forecastCsv(report)) }, 'Forecasts as CSV'),
    el('button', { type: 'button', onclick: () => htmlPage(files) }, 'HTML page'),
    el('button', { type: 'button', onclick: () => print() }, 'Print'),
    el('button', { type: 'button', onclick: again }, 'Another table'));
  form.hidden = true;
  out.replaceChildren(el('header', { class: 'report-head' }, el('div', null, title,
    el('p', { class: 'quiet' }, `Made in ${number(took)} s${isNumber(accuracy) ? `; forecasts were right to ${percent(accuracy)} in back-tests` : ''}.`)), buttons), reportView(report, files));
  title.focus();
}

/** Back to the form; the report goes. */
function again() {
  out.replaceChildren();
  form.hidden = false;
  byId('files').focus();
}

async function htmlPage(files) {
  try {
    const answer = await request('/full_report', { method: 'POST', body: body(files, { format: 'html' }) });
    download('report.html', 'text/html', await answer.blob());
  } catch (error) {
    showProblem(problem, error, () => htmlPage(files));
  }
}

themeButton();
const chosen = fileField(byId('drop'), byId('files'), byId('chosen'), (files) => {
  byId('go').disabled = files.length === 0;
  showProblem(problem, null);
});
form.addEventListener('submit', (e) => {
  e.preventDefault();
  const files = chosen();
  if (files.length) {
    start(files);
  }
});
byId('cancel').addEventListener('click', () => cancel && cancel());
