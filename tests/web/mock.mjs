// A make-believe server for the pages: their files from web/, answers made up here; for failures that the real one never shows.
// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const WEB = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..', 'web');
const UPLOT = path.join(WEB, 'node_modules', 'uplot');
const PAGES = { '/': 'index.html', '/multi': 'multi.html', '/status': 'status.html' };
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.txt': 'text/plain' };
export const CSP = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const month = (i) => `${2022 + Math.floor(i / 12)}-${String((i % 12) + 1).padStart(2, '0')}-01`;
const wave = (i, base, slope) => base + slope * i + 0.1 * base * Math.sin((i * Math.PI) / 6);

/** A report as the spec has it, with names that would hurt if they became markup. */
export function sampleReport(regions = ['EMEA', '<img src=x onerror=window.hurt=1>', '<script>window.hurt=1</script>']) {
  const n = 36;
  const rows = (of) => Array.from({ length: n }, (_, i) => ({ date: month(i), ...of(i) }));
  const points = (base, slope) => [0, 1, 2].map((k) => ({ date: month(n + k), predicted: wave(n + k, base, slope), lower: wave(n + k, base, slope) * 0.9, upper: wave(n + k, base, slope) * 1.1 }));
  const health = (metric) => ({ model_id: `model_${metric}_1`, best_model_selected: 'Prophet', backtesting_rmse: { AutoARIMA: 12.5, Prophet: 11.25 }, backtesting_mae: 9, backtesting_mape: 4.5, accuracy_percentage: 95.5, forecast_metric: metric, status: 'Success', history: { start: '2022-01-01', values: Array.from({ length: n }, (_, i) => (i === 7 ? null : wave(i, 100000, 900))) } });
  const columns = ['revenue', 'expenses', 'profit', 'cashflow', 'marketing_spend'];
  return {
    session_id: 'sess_1', ai_response: '# Report', conversation_history: [],
    full_analysis_report: {
      dashboard_mode: 'finance_guardian', metadata: { generated_at: '2026-11-21T00:00:00Z', data_start_date: '2022-01-01', data_end_date: '2024-12-31' },
      kpis: { total_revenue: 3932500, total_expenses: 2178300, profit_margin: 0.311, cashflow: 1059000, growth_rate: 4.551, forecast_accuracy: 95.5, dso: 10.75, financial_health_score: 48.36, financial_health_parts: { margin: 25, liquidity: 15.44, debt: 3.37, growth: 4.55 } },
      forecast_chart: { revenue: points(100000, 900), profit: points(30000, 300), dso: points(11, 0.1), growth_rate: [], regional_revenue: Object.fromEntries(regions.map((r, i) => [r, points(30000 * (i + 1), 100)])), departmental_revenue: { Sales: points(50000, 10) } },
      anomalies_table: [{ date: '2023-05-01', metric: 'Revenue', value: 250000, expected_value_median: 120000, deviation_pct: 108, severity: 'CRITICAL', algorithms_agreed: '5/6', reason: 'spike' }],
      narratives: { summary_text: 'Revenue is **stable**.\n\nMargins are strong.', analyst_insights: ['ROAS is 7.36.', 'DSO is low.'] }, recommendations: ['All within expected ranges.'],
      correlation_insights: [{ metric_a: 'revenue', metric_b: 'profit', correlation: 0.91, lag_months: 1, p_value: 0.01, conclusion: 'revenue leads profit' }], scenario_simulations: {},
      model_health_report: { revenue: health('revenue'), profit: health('profit'), regional_revenue: { regions: regions.map((name) => ({ name, ...health('revenue') })), best_model_selected: 'Prophet', status: 'Success' } },
      visualizations: {
        breakdowns: { revenue_by_region: regions.map((region, i) => ({ region, revenue: 1000 * (i + 1) })), cashflow_by_department: { Sales: 500, Ops: -300 } },
        time_series: { revenue_vs_marketing: rows((i) => ({ revenue: wave(i, 100000, 900), marketing_spend: wave(i, 8000, 10) })), cashflow_trend: rows((i) => ({ cashflow: wave(i, 2000, 3) })) },
        correlations: { correlation_matrix: { columns, values: columns.map((_, i) => columns.map((__, j) => (i === j ? 1 : 1 - 0.45 * Math.abs(i - j)))) }, revenue_vs_marketing_scatter: rows((i) => ({ revenue: wave(i, 100000, 900), marketing_spend: wave(i, 8000, 10) })).map(({ date: _, ...r }) => r), revenue_vs_marketing_regression: { slope: 0.08, intercept: 10, r_squared: 0.5 }, regional_correlations: {} },
      },
      tables: { summaries: { annual_summary: [{ year: 2022, revenue: 1 }] }, diagnostics: { top_revenue_spikes: [{ date: '2022-01-01', revenue: 5 }] }, forecast_tables: {} },
      supporting_reports: { validation_report: { dataset_id: 'ds_1', original_shape: [24, 12], cleaned_shape: [24, 12], missing_values_imputed: true, imputed_columns_summary: { revenue: 1 }, header_mappings: { 'Sales Revenue': 'revenue', 'Operating Costs': 'expenses' } }, corrections_log: [{ row_id: 3, column: 'revenue', original: 'N/A', correction: 5, method: 'median_impute', timestamp: 't' }], feature_schema: [{ feature: 'profit_margin', type: 'float64', source: ['profit', 'revenue'], transformation: 'profit/revenue' }] },
      raw_data_preview: [{ date: '2022-01-01', revenue: 5, region: regions[1] }],
      profit_drivers: { insight: 'Revenue drives profit.', feature_attributions: [{ feature: 'revenue', contribution_score: 5000 }, { feature: 'expenses', contribution_score: 3000 }], model_version: 'gbdt 1' },
      enhanced_kpis: { roas: 7.36, current_ratio: 1.95, expense_ratio: 0.55 },
    },
  };
}

async function page(url) {
  const name = PAGES[url] || (url.startsWith('/assets/') ? url.slice(8) : null);
  const real = { 'uplot.js': ['dist', 'uPlot.iife.min.js'], 'uplot.css': ['dist', 'uPlot.min.css'], 'uplot-license.txt': ['LICENSE'] }[name];
  if (!name || !/^[\w-]+\.[a-z]+$/.test(name)) {
    return null;
  }
  const text = await readFile(real ? path.join(UPLOT, ...real) : path.join(WEB, name)).catch(() => null);
  return text && { type: TYPES[path.extname(name)], text: name === 'uplot.js' ? `${text}\nexport default uPlot;\n` : text };
}

/** Starts it; `answers` maps "METHOD /path" to a function (request, response, body) that answers. Gives {url, close}. */
export async function mockServer(answers = {}) {
  const server = createServer(async (req, res) => {
    const chunks = [];
    for await (const c of req) {
      chunks.push(c);
    }
    const url = req.url.split('?')[0];
    const answer = answers[`${req.method} ${url}`];
    res.setHeader('Content-Security-Policy', CSP);
    if (answer) {
      answer(req, res, Buffer.concat(chunks));
      return;
    }
    const file = req.method === 'GET' ? await page(url) : null;
    if (file) {
      res.writeHead(200, { 'Content-Type': file.type }).end(file.text);
    } else {
      problem(res, 404, `${url} is not here`);
    }
  });
  await new Promise((go) => server.listen(0, '127.0.0.1', go));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => new Promise((go) => { server.closeAllConnections(); server.close(go); }) };
}

export function json(res, status, value, headers = {}) {
  res.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(value));
}

export function problem(res, status, detail, more = {}, headers = {}) {
  res.writeHead(status, { 'Content-Type': 'application/problem+json', ...headers }).end(JSON.stringify({ type: 'about:blank', title: 'Problem', status, detail, ...more }));
}
