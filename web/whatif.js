// What-if: a slider for each column; the server computes what follows from it.
// SPDX-License-Identifier: Apache-2.0
import { el, isNumber, newId, number, percent, section, table, words } from './dom.js';
import { request } from './net.js';
import { showProblem } from './frame.js';

const OFFERED = ['revenue', 'expenses', 'marketing_spend', 'cashflow', 'ar', 'ap', 'assets', 'liabilities'];

function columnsOf(report) {
  const mapped = new Set(Object.values(((report.supporting_reports || {}).validation_report || {}).header_mappings || {}));
  const there = OFFERED.filter((c) => mapped.has(c));
  return there.length ? there : ['revenue', 'expenses'];
}

async function simulate(files, parameter, change, signal) {
  const form = new FormData();
  for (const f of files) {
    form.append(files.length > 1 ? 'files' : 'file', f, f.name);
  }
  form.append('parameter', parameter);
  form.append('change_pct', String(change));
  return (await request('/api/simulate', { method: 'POST', body: form, signal })).json();
}

/** One slider with its number; calls ask(change) when it rests. */
function slider(name, ask) {
  const [rangeId, numberId] = [newId('range'), newId('change')];
  const range = el('input', { id: rangeId, type: 'range', min: -50, max: 50, step: 1, value: 0, 'aria-valuetext': '0 per cent' });
  const exact = el('input', { id: numberId, type: 'number', min: -100, max: 1000, step: 'any', value: 0, 'aria-label': `${words(name)}, change in per cent` });
  let timer = 0;
  const moved = (value) => {
    range.setAttribute('aria-valuetext', `${value} per cent`);
    clearTimeout(timer);
    timer = setTimeout(() => ask(value), 250);
  };
  range.addEventListener('input', () => {
    exact.value = range.value;
    moved(Number(range.value));
  });
  exact.addEventListener('input', () => {
    if (exact.value !== '' && isNumber(Number(exact.value))) {
      range.value = exact.value;
      moved(Number(exact.value));
    }
  });
  return el('div', { class: 'slider' }, el('label', { for: rangeId }, words(name)), range, el('span', { class: 'change' }, exact, ' %'));
}

export function whatIf(report, files) {
  const answers = new Map();
  const out = el('div', { class: 'answers' });
  const said = el('p', { role: 'status', 'aria-live': 'polite', class: 'quiet' });
  const problem = el('div', { class: 'problem', role: 'alert', tabindex: '-1', hidden: true });
  const show = () => {
    const rows = [...answers.entries()].filter(([, a]) => a.change !== 0).map(([parameter, { change, answer }]) => ({
      what: `${words(parameter)} ${change > 0 ? '+' : ''}${change} %`,
      profit: answer.simulation_results.total_profit, profit_change: signed(answer.impact.profit_impact_absolute, answer.impact.profit_impact_percentage),
      cashflow: answer.simulation_results.total_cashflow, cashflow_change: signed(answer.impact.cashflow_impact_absolute, answer.impact.cashflow_impact_percentage),
    }));
    const base = [...answers.values()].map((a) => a.answer.baseline)[0];
    if (base) {
      rows.unshift({ what: 'As it was', profit: base.total_profit, profit_change: '', cashflow: base.total_cashflow, cashflow_change: '' });
    }
    out.replaceChildren(rows.length ? table('Each change by itself', rows, [['what', 'Change'], ['profit', 'Profit'], ['profit_change', 'Change of profit'], ['cashflow', 'Cash flow'], ['cashflow_change', 'Change of cash flow']]) : '');
  };
  const running = new Map();
  const ask = async (parameter, change) => {
    running.get(parameter)?.abort();
    const mine = new AbortController();
    running.set(parameter, mine);
    try {
      const answer = await simulate(files, parameter, change, mine.signal);
      answers.set(parameter, { change, answer });
      showProblem(problem, null);
      said.textContent = answer.summary_text || '';
      show();
    } catch (error) {
      if (error.name !== 'AbortError') {
        showProblem(problem, error, () => ask(parameter, change));
      }
    }
  };
  const kept = Object.keys(report.scenario_simulations || {}).length ? table('Scenarios of the report', Object.entries(report.scenario_simulations).map(([k, v]) => ({ scenario: k, ...(v && typeof v === 'object' ? v : { value: v }) }))) : null;
  return [el('p', null, 'Move a column and see what profit and cash flow would have been. Each change stands by itself.'),
    el('div', { class: 'sliders' }, columnsOf(report).map((name) => slider(name, (change) => ask(name, change)))),
    problem, said, section('What follows', out), kept];
}

function signed(absolute, share) {
  if (!isNumber(absolute)) {
    return '–';
  }
  return `${absolute > 0 ? '+' : ''}${number(absolute)}${isNumber(share) ? ` (${share > 0 ? '+' : ''}${percent(share)})` : ''}`;
}
