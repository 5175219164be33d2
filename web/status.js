// The server's own figures, from /metrics, every two seconds.
// SPDX-License-Identifier: Apache-2.0
import { brief, byId, el, isNumber, number, section, table } from './dom.js';
import { request } from './net.js';
import { showProblem, themeButton } from './frame.js';
import { figure, lineChart } from './charts.js';

const PERIOD = 2000;
const KEPT = 150;

/** The exposition format: [{name, labels, value}]. */
export function parseMetrics(text) {
  const rows = [];
  for (const line of text.split('\n')) {
    const match = /^([A-Za-z_:][\w:]*)(\{.*\})?\s+(\S+)/.exec(line);
    if (!match || line.startsWith('#')) {
      continue;
    }
    const labels = {};
    for (const [, key, said] of (match[2] || '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
      labels[key] = said.replace(/\\(.)/g, (_, c) => (c === 'n' ? '\n' : c));
    }
    rows.push({ name: match[1], labels, value: match[3] === '+Inf' ? Infinity : Number(match[3]) });
  }
  return rows;
}

/** The sum over a metric's rows, by the end of its name (the server's own prefix in front is its own affair). */
function sum(rows, ending, test = () => true) {
  const all = rows.filter((r) => r.name.endsWith(ending) && test(r.labels));
  return all.length ? all.reduce((s, r) => s + r.value, 0) : null;
}

function figures(rows) {
  const code = (first) => (l) => String(l.code || '').startsWith(first);
  return {
    at: Date.now() / 1000,
    requests: sum(rows, 'http_requests_total'), bad: sum(rows, 'http_requests_total', code('4')) ?? 0, failed: sum(rows, 'http_requests_total', code('5')) ?? 0,
    memory: sum(rows, 'process_resident_memory_bytes'), cpu: sum(rows, 'process_cpu_seconds_total'), files: sum(rows, 'process_open_fds'),
    since: sum(rows, 'process_start_time_seconds'), inFlight: sum(rows, 'http_in_flight_requests'), queued: sum(rows, 'jobs_queued'), rejected: sum(rows, 'jobs_rejected_total'),
    hits: sum(rows, 'cache_requests_total', (l) => l.result === 'hit' || l.result === 'shared'), asked: sum(rows, 'cache_requests_total'), cacheBytes: sum(rows, 'cache_size_bytes'),
    time: sum(rows, 'http_request_duration_seconds_sum'), items: sum(rows, 'items_total'),
  };
}

const rate = (now, before, key) => (before && isNumber(now[key]) && isNumber(before[key]) && now.at > before.at ? Math.max(0, (now[key] - before[key]) / (now.at - before.at)) : null);
const bytes = (b) => (isNumber(b) ? `${number(b / 1048576)} MiB` : '–');
const share = (a, b) => (isNumber(a) && isNumber(b) && b > 0 ? (100 * a) / b : null);

const seen = [];
const lines = { times: [], perSecond: [], badPerSecond: [], failedPerSecond: [], memory: [], hits: [], queued: [], inFlight: [], cpu: [] };
const LISTS = Object.values(lines);
const charts = [
  ['Requests a second', ['perSecond'], ['all']], ['Errors a second', ['badPerSecond', 'failedPerSecond'], ['4xx', '5xx']],
  ['Memory, MiB', ['memory'], ['resident']], ['Cache hits, %', ['hits'], ['hits']],
  ['Queue', ['queued', 'inFlight'], ['jobs waiting', 'requests in flight']], ['Processor, cores', ['cpu'], ['in use']],
].map(([title, keys, labels]) => {
  const chart = lineChart(title, [[], ...keys.map(() => [])], keys.map((_, i) => ({ label: labels[i], colour: ['--accent', '--bad'][i] })), [],
    { height: 150, clock: true, range: (_, low, high) => [0, Math.max(high * 1.1, low, title.endsWith('%') ? 100 : 0.1)] });
  byId('charts').append(figure(title, chart));
  return { chart, keys };
});

const shareText = (a, b) => (isNumber(b) && b > 0 ? `${number((100 * (a ?? 0)) / b)} %` : '–');

function tile(name, text) {
  return el('div', { class: 'tile' }, el('dt', null, name), el('dd', null, text));
}

function show(now, rows) {
  const before = seen[seen.length - 1];
  seen.push(now);
  const add = (key, v) => lines[key].push(isNumber(v) ? v : null);
  add('times', now.at);
  add('perSecond', rate(now, before, 'requests'));
  add('badPerSecond', rate(now, before, 'bad'));
  add('failedPerSecond', rate(now, before, 'failed'));
  add('memory', isNumber(now.memory) ? now.memory / 1048576 : null);
  add('hits', share(now.hits, now.asked));
  add('queued', now.queued);
  add('inFlight', now.inFlight);
  add('cpu', rate(now, before, 'cpu'));
  if (lines.times.length > KEPT) {
    seen.shift();
    LISTS.forEach((l) => l.shift());
  }
  for (const { chart, keys } of charts) {
    chart.update([lines.times.slice(), ...keys.map((k) => lines[k].slice())]);
  }
  const up = isNumber(now.since) ? now.at - now.since : null;
  byId('tiles').replaceChildren(tile('Requests', brief(now.requests)), tile('Client errors', shareText(now.bad, now.requests)), tile('Server errors', shareText(now.failed, now.requests)),
    tile('Mean time', isNumber(now.time) && now.requests ? `${number((1000 * now.time) / now.requests)} ms` : '–'), tile('Memory', bytes(now.memory)), tile('Cache', bytes(now.cacheBytes)),
    tile('Cache hits', shareText(now.hits, now.asked)), tile('Jobs waiting', brief(now.queued)), tile('Jobs refused', brief(now.rejected ?? 0)), tile('Series forecast', brief(now.items ?? 0)),
    tile('Open files', brief(now.files)), tile('Up', isNumber(up) ? duration(up) : '–'));
  routes(rows);
}

function duration(s) {
  const [d, h, m] = [Math.floor(s / 86400), Math.floor(s / 3600) % 24, Math.floor(s / 60) % 60];
  return d ? `${d} d ${h} h` : h ? `${h} h ${m} min` : m ? `${m} min` : `${Math.floor(s)} s`;
}

function routes(rows) {
  const all = new Map();
  for (const r of rows.filter((x) => x.name.endsWith('http_requests_total'))) {
    const key = `${r.labels.method || ''} ${String(r.labels.route || '').replace(/^\/assets\/.*/, '/assets/*')}`;
    const row = all.get(key) || { route: key, requests: 0, errors: 0 };
    row.requests += r.value;
    row.errors += /^[45]/.test(r.labels.code || '') ? r.value : 0;
    all.set(key, row);
  }
  const list = [...all.values()].sort((a, b) => b.requests - a.requests).slice(0, 30);
  byId('routes').replaceChildren(list.length ? el('div', { class: 'card' }, section('By route', table('Since the server started', list, [['route', 'Route'], ['requests', 'Requests'], ['errors', '4xx and 5xx']]))) : '');
}

let timer = 0;
async function ask() {
  clearTimeout(timer);
  if (!byId('hold').checked && !document.hidden) {
    try {
      const rows = parseMetrics(await (await request('/metrics')).text());
      show(figures(rows), rows);
      showProblem(byId('problem'), null);
      byId('said').textContent = 'The figures change every two seconds.';
    } catch (error) {
      byId('said').textContent = 'No answer; asking again.';
      if (byId('problem').hidden) {
        showProblem(byId('problem'), error, ask);
      }
      if (error.status === 401) {
        return; // until a token is given
      }
    }
  }
  timer = setTimeout(ask, PERIOD);
}

themeButton();
document.addEventListener('visibilitychange', () => !document.hidden && ask());
ask();
