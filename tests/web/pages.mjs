// The pages against a make-believe server: flows that fail, hostile names, keyboard, screen readers, narrow and dark.
// SPDX-License-Identifier: Apache-2.0
import { axe, check, downloaded, eachTab, file, finish, launch, open, overflow, shot, upload } from './browser.mjs';
import { json, mockServer, problem, sampleReport } from './mock.mjs';
import * as dom from '../../web/dom.js';

const TABLE = file('books.csv', 'Date,Revenue\n2022-01-01,5\n');
const REPORT = sampleReport();
const event = (id, name, data) => `id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
const ITEM = { id: 'region/EMEA', part: 'region', name: 'EMEA', status: 'ok', model: 'Prophet', points: [{ date: '2025-01-01', predicted: 5, lower: 4, upper: 6 }] };

/** A job whose stream breaks once before its end and then waits until `release` is called. */
function jobAnswers(report = REPORT) {
  const state = { done: false, seen: [], streams: 0, release: () => undefined, fields: '' };
  state.answers = {
    'POST /full_report': (q, r, body) => {
      state.fields = body.toString('latin1');
      json(r, 202, { id: 'j1', kind: 'report', status: 'waiting', links: {} }, { Location: '/v1/jobs/j1' });
    },
    'GET /v1/jobs/j1': (q, r) => json(r, 200, { id: 'j1', status: state.done ? 'done' : 'running' }),
    'GET /v1/jobs/j1/result': (q, r) => json(r, 200, report),
    'GET /v1/jobs/j1/events': (q, r) => {
      state.seen.push(q.headers['last-event-id'] || '');
      r.writeHead(200, { 'Content-Type': 'text/event-stream' });
      if (state.streams++ === 0) {
        r.end(event(1, 'connected', { id: 'j1' }) + event(2, 'progress', { stage: 'forecasting', progress: 30 }));
        return;
      }
      r.write(event(3, 'item', ITEM) + ': heartbeat\n\n');
      state.release = () => {
        state.done = true;
        r.end(event(4, 'complete', { progress: 100, job: { id: 'j1' } }));
      };
    },
    'POST /api/simulate': (q, r) => json(r, 200, { scenario: {}, baseline: { total_profit: 100, total_cashflow: 50 }, simulation_results: { total_profit: 80, total_cashflow: null }, impact: { profit_impact_absolute: -20, profit_impact_percentage: -20, cashflow_impact_absolute: null, cashflow_impact_percentage: null }, summary_text: 'Expenses up, profit down.' }),
  };
  return state;
}

async function withPage(browser, answers, options, body, path = '/') {
  const server = await mockServer(answers);
  const view = await open(browser, server.url + path, options);
  try {
    await body(view.page, view.errors, server);
  } catch (error) {
    check(false, 'a flow broke off', String(error.stack || error));
  } finally {
    await view.close();
    await server.close();
  }
}

async function atOnce(page) {
  await upload(page, [TABLE]);
  await page.waitForSelector('[role=tab]');
}
const direct = { 'POST /full_report': (q, r) => json(r, 200, REPORT) };

async function progress(browser) {
  const job = jobAnswers();
  await withPage(browser, job.answers, {}, async (page, errors) => {
    await upload(page, [TABLE]);
    await page.waitForSelector('#arrived li');
    check(/Region: EMEA.*Jan 2025 5/.test(await page.innerText('#arrived')) && !job.done, 'a series is shown while the job is at work', await page.innerText('#arrived'));
    check(await page.getAttribute('#bar', 'value') === '30' && /Forecasting the metrics/.test(await page.innerText('#stage')), 'stage and progress are shown', await page.innerText('#stage'));
    check(job.seen.join() === ',2', 'a stream that broke goes on behind the last event', job.seen);
    await shot(page, 'progress');
    job.release();
    await page.waitForSelector('[role=tab]');
    check(/finance_guardian/.test(job.fields) && /name="file"; filename="books.csv"/.test(job.fields), 'the upload has the file and the mode', job.fields.slice(0, 200));
    check(await page.evaluate(() => document.activeElement.tagName) === 'H1', 'focus goes to the report\'s title');
    check(errors.length === 0, 'no errors and no policy violations on the way', errors);
  });
}

async function dropped(browser) {
  const job = jobAnswers();
  let deleted = false;
  job.answers['GET /v1/jobs/j1'] = (q, r) => json(r, 200, { id: 'j1', status: deleted ? 'cancelled' : 'running' });
  job.answers['GET /v1/jobs/j1/result'] = (q, r) => problem(r, 409, 'The job was cancelled.');
  job.answers['DELETE /v1/jobs/j1'] = (q, r) => {
    deleted = true;
    r.writeHead(204).end();
    job.release();
  };
  await withPage(browser, job.answers, {}, async (page) => {
    await page.evaluate(() => {
      const data = new DataTransfer();
      data.items.add(new File(['Date,Revenue\n'], 'one.csv'));
      data.items.add(new File(['Date,Revenue\n'], 'two.csv'));
      document.getElementById('drop').dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
    });
    check(/one\.csv[\s\S]*two\.csv/.test(await page.innerText('#chosen')) && await page.isEnabled('#go'), 'files that are dropped are taken');
    await page.click('#go');
    await page.waitForSelector('#arrived li');
    check((job.fields.match(/name="files"/g) || []).length === 2, 'several files go up together', job.fields.slice(0, 300));
    await page.click('#cancel');
    await page.waitForSelector('#problem:not([hidden]) h2');
    check(deleted && /cancelled/.test(await page.innerText('#problem')) && await page.isEnabled('#go'), 'Cancel deletes the job and says so', await page.innerText('#problem'));
  });
}

async function names(browser) {
  await withPage(browser, direct, {}, async (page, errors) => {
    await atOnce(page);
    let all = '';
    await eachTab(page, async (title, panel) => {
      const text = await panel.innerText();
      all += text;
      check(text.trim().length > 40, `tab ${title} has content`, text);
    });
    check(all.includes('<img src=x onerror=window.hurt=1>') && all.includes('<script>window.hurt=1</script>'), 'fault_37 hostile names stand there as text');
    check(await page.evaluate(() => window.hurt === undefined && !document.querySelector('#report img, #report script')), 'fault_37 and made no element');
    check(errors.length === 0, 'fault_37 no errors and no policy violations', errors);
  });
}

async function problems(browser) {
  const token = 'tok-1';
  await withPage(browser, { 'POST /full_report': (q, r) => (q.headers.authorization === `Bearer ${token}` ? json(r, 200, REPORT) : problem(r, 401, 'A bearer token is needed.')) }, {}, async (page) => {
    await upload(page, [TABLE]);
    await page.waitForSelector('#problem input');
    check(await page.evaluate(() => document.activeElement.type) === 'password', '401: the token\'s field has the focus');
    check(await axe(page) === '', '401: axe finds nothing serious', await axe(page));
    await shot(page, 'token');
    await page.keyboard.type(token);
    await page.keyboard.press('Enter');
    await page.waitForSelector('[role=tab]');
    check(true, '401: with the token the report comes');
    await page.reload();
    await atOnce(page);
    check(await page.isHidden('#problem'), '401: the token lasts for the session');
  });
  const cases = [
    ['422', (q, r) => problem(r, 422, 'The dates cannot be read.', { errors: [{ detail: '"31/31/2022" is no date', row: 7, column: 2 }] }), /cannot be used[\s\S]*row 7, column 2[\s\S]*31\/31\/2022/],
    ['503', (q, r) => problem(r, 503, 'The queue is full.', {}, { 'Retry-After': '4' }), /busy[\s\S]*Try again in 4 seconds/],
    ['hostile detail', (q, r) => problem(r, 400, '<img src=x onerror=window.hurt=1>'), /<img src=x onerror=window.hurt=1>/],
    ['no problem JSON', (q, r) => r.writeHead(502).end('<h1>bad gateway</h1>'), /answered 502/],
    ['no answer', (q, r) => r.destroy(), /cannot be reached/],
    ['no JSON', (q, r) => r.writeHead(200).end('{"full_'), /not the JSON/],
  ];
  for (const [name, answer, wanted] of cases) {
    await withPage(browser, { 'POST /full_report': answer }, {}, async (page) => {
      await upload(page, [TABLE]);
      await page.waitForSelector('#problem:not([hidden]) h2');
      const text = await page.innerText('#problem');
      check(wanted.test(text) && await page.isEnabled('#go') && await page.evaluate(() => window.hurt === undefined), `problem in words: ${name}`, text);
    });
  }
}

async function keyboard(browser) {
  await withPage(browser, { ...jobAnswers().answers, ...direct }, {}, async (page, errors) => {
    await page.setInputFiles('#files', [TABLE]); // the file dialogue is the browser's own
    await page.keyboard.press('Tab');
    check(await page.evaluate(() => document.activeElement.className) === 'skip', 'keyboard: the first stop is the skip link');
    const stops = [];
    for (let i = 0; i < 20 && stops.at(-1) !== 'go'; i++) {
      await page.keyboard.press('Tab');
      stops.push(await page.evaluate(() => document.activeElement.id || document.activeElement.textContent));
    }
    check(['theme', 'files', 'mode', 'models', 'go'].every((s) => stops.includes(s)), 'keyboard: every control is a stop', stops);
    await page.keyboard.press('Enter');
    await page.waitForSelector('[role=tab]');
    await page.focus('[role=tab]');
    const titles = [];
    for (let i = 0; i < 7; i++) {
      await page.keyboard.press('ArrowRight');
      titles.push(await page.evaluate(() => `${document.activeElement.textContent}:${document.activeElement.getAttribute('aria-selected')}:${document.activeElement.tabIndex}`));
    }
    check(titles.at(-1) === 'Overview:true:0' && titles[5] === 'What-if:true:0' && await page.locator('[role=tab][tabindex="0"]').count() === 1, 'keyboard: arrows walk the tabs and come round', titles);
    await page.keyboard.press('End');
    await page.keyboard.press('Tab');
    check(await page.evaluate(() => document.activeElement.getAttribute('role')) === 'tabpanel', 'keyboard: Tab goes from the tab into its panel');
    await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowRight');
    await page.waitForSelector('.answers table');
    check(/Revenue \+1 %[\s\S]*-20 \(-20 %\)/.test(await page.innerText('.answers')), 'keyboard: a slider asks what would follow', await page.innerText('.answers'));
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    check(outline !== 'none', 'keyboard: focus is visible', outline);
    check(errors.length === 0, 'keyboard: no errors', errors);
  });
}

async function looks(browser) {
  for (const [name, options] of [['wide', {}], ['narrow-dark', { viewport: { width: 360, height: 740 }, colorScheme: 'dark' }]]) {
    await withPage(browser, { ...jobAnswers().answers, ...direct }, options, async (page, errors) => {
      const wide = [await overflow(page)];
      const serious = [await axe(page)];
      await atOnce(page);
      await eachTab(page, async (title) => {
        wide.push(await overflow(page));
        serious.push(await axe(page));
        await shot(page, `${name}-${title.toLowerCase()}`);
      });
      check(wide.every((w) => w <= 0), `${name}: nothing is wider than the window`, wide);
      check(serious.every((s) => s === ''), `${name}: axe finds nothing serious on any tab`, serious.filter(Boolean).join('\n'));
      check((await page.evaluate(() => document.documentElement.dataset.theme)) === (options.colorScheme || 'light'), `${name}: the system's scheme is taken`);
      check(errors.length === 0, `${name}: no errors`, errors);
    });
  }
  await withPage(browser, direct, {}, async (page, errors, server) => {
    const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const before = await paper();
    await page.click('#theme');
    const after = await paper();
    await page.goto(`${server.url}/multi`);
    check(before !== after && await paper() === after, 'the theme\'s button holds on other pages', [before, after]);
    await page.goto(`${server.url}/`);
    await atOnce(page);
    await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
    await page.emulateMedia({ media: 'print' });
    const shown = await page.evaluate(() => [...document.querySelectorAll('[role=tabpanel]')].filter((p) => p.getClientRects().length && p.children.length > 1).length);
    check(shown === 7 && await page.isHidden('[role=tablist]'), 'printing shows every part and no controls', shown);
    await shot(page, 'print');
  });
}

async function downloads(browser) {
  const report = sampleReport(['=1+1', 'a,"b"']);
  await withPage(browser, { 'POST /full_report': (q, r, body) => (/name="format"\r\n\r\nhtml/.test(body.toString('latin1')) ? r.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html>page') : json(r, 200, report)) }, {}, async (page, errors) => {
    await atOnce(page);
    const asJson = await downloaded(page, () => page.click('text=JSON'));
    check(asJson.name === 'report.json' && JSON.parse(asJson.text).session_id === 'sess_1', 'the JSON is the answer itself', asJson.name);
    const asCsv = await downloaded(page, () => page.click('text=Forecasts as CSV'));
    check(asCsv.text.startsWith('metric,name,date,predicted,lower,upper\r\nrevenue,,2025-01-01,') && asCsv.text.includes("regional_revenue,'=1+1,") && asCsv.text.includes('"a,""b"""'), 'fault_36 the CSV is quoted, and formulas are disarmed', asCsv.text.slice(0, 300));
    const asHtml = await downloaded(page, () => page.click('text=HTML page'));
    check(asHtml.name === 'report.html' && asHtml.text.endsWith('page'), 'the HTML page is fetched', asHtml);
    check(errors.length === 0, 'downloads: no errors', errors);
  });
}

const METRICS = `# HELP x_http_requests_total all\n# TYPE x_http_requests_total counter\nx_http_requests_total{method="POST",route="/full_report",code="200"} 90
x_http_requests_total{method="GET",route="/v1/jobs/*",code="404"} 10\nx_http_request_duration_seconds_sum{route="/full_report"} 5\nx_cache_requests_total{backend="sqlite",result="hit"} 30
x_cache_requests_total{backend="sqlite",result="miss"} 10\nx_cache_size_bytes 1048576\nx_jobs_queued 3\nprocess_resident_memory_bytes 52428800\nprocess_start_time_seconds 1\n`;

async function others(browser) {
  const series = ['Naphtha', 'Kerosene'].map((unique_id) => ({ unique_id, ds: ['2024-03-01', '2024-03-02', '2024-03-03'], models: { ensemble: { mean: [1, 2, 3], 'lo-80': [0, 1, 2], 'hi-80': [2, 3, 4], 'lo-95': [null, null, null], 'hi-95': [null, null, null] }, naive: { mean: [1, 1, 1], 'lo-80': [0, 0, 0], 'hi-80': [2, 2, 2] } } }));
  const importances = Array.from({ length: 25 }, (_, i) => ({ name: `driver ${i}`, importance: 25 - i }));
  let asked = '';
  await withPage(browser, {
    'POST /v1/multi': (q, r, body) => {
      asked = body.toString('latin1');
      json(r, 200, asked.includes('"etl":true') ? { tables: [{ name: 'targets', n_rows: 618, columns: ['date', 'Naphtha'], rows: [['2024-01-01', 5]] }, { name: 'final', n_rows: 2, columns: ['date', 'Naphtha', 'API'], rows: [['2024-01-01', 5, 30], ['2024-01-02', 6, null]] }] }
        : { operation: 'multi', summary: { n_ok: 4, n_fallback: 0, n_failed: 0 }, result: { horizon: 3, levels: [80, 95], series }, metrics: { name: 'metrics', n_rows: 1, columns: ['model', 'target', 'step', 'mae'], rows: [['ensemble', 'Naphtha', 'all', 0.5]] }, explanations: [{ target: 'Naphtha', model: 'ebm', importances }] });
    },
  }, { viewport: { width: 360, height: 740 } }, async (page, errors) => {
    await page.setInputFiles('#files', [file('plant.csv', 'ds,Naphtha,"Kero ""sene""",API\n2024-02-01,1,2,3\n2024-02-02,2,3,4\n2024-02-03,3,4,5')]);
    await page.waitForSelector('#preview table');
    check(/3 rows, 4 columns/.test(await page.innerText('#preview')) && /Kero "sene"/.test(await page.innerText('#preview')), 'multi: the head of the table is shown', await page.innerText('#preview'));
    check(await axe(page) === '' && await overflow(page) <= 0, 'multi: axe and width of the form', await axe(page));
    await shot(page, 'multi-form');
    await page.check('[aria-label="Naphtha: target"]');
    await page.check('[aria-label="API: static"]');
    await page.click('#go');
    await page.waitForSelector('[role=tab]');
    check(/"targets":\["Naphtha"\],"horizon":7,"static":\["API"\],"time_col":"ds","quick":true/.test(asked), 'multi: what was chosen is asked for', asked.slice(0, 600));
    const [wide, serious] = [[], []];
    await eachTab(page, async (title, panel) => {
      wide.push(await overflow(page));
      serious.push(await axe(page));
      if (title === 'Importances') {
        check(await panel.locator('rect.bar').count() === 20, 'multi: the top 20 importances are bars', await panel.locator('rect.bar').count());
      }
      await shot(page, `multi-${title.toLowerCase()}`);
    });
    check(wide.every((w) => w <= 0) && serious.every((s) => s === ''), 'multi: axe and width of the answer', [wide, serious]);
    await page.check('#etl');
    await page.click('#look');
    await page.waitForSelector('text=targets: 618 rows');
    await page.check('[aria-label="Naphtha: target"]');
    await page.click('#go');
    await page.waitForFunction(() => document.activeElement.tagName === 'H1');
    check(/filename="final.csv"[\s\S]*date,Naphtha,API\r\n2024-01-01,5,30\r\n2024-01-02,6,\r\n/.test(asked) && /"time_col":"date"/.test(asked), 'multi: the table that the server made of the workbooks is forecast', asked);
    check(errors.length === 0, 'multi: the server\'s ETL is previewed, no errors', errors);
  }, '/multi');
  let asks = 0;
  await withPage(browser, { 'GET /metrics': (q, r) => r.writeHead(200, { 'Content-Type': 'text/plain' }).end(METRICS.replace(' 90\n', ` ${90 + 20 * asks++}\n`)) }, {}, async (page, errors) => {
    await page.waitForFunction(() => /130|150/.test(document.getElementById('tiles').innerText), null, { timeout: 30000 }).catch(() => undefined);
    const text = await page.innerText('#tiles');
    check(/Memory\s+50 MiB/.test(text) && /Cache hits\s+75 %/.test(text) && /Jobs waiting\s+3/.test(text) && asks >= 2, 'status: the figures, refreshed', text);
    check(/POST \/full_report/.test(await page.innerText('#routes')) && await page.locator('.u-wrap').count() === 6, 'status: routes and lines');
    check(await axe(page) === '' && errors.length === 0, 'status: axe finds nothing serious, no errors', [await axe(page), errors]);
    await shot(page, 'status');
  }, '/status');
}

/** Numbers, months and names in the form of the HTML page; many regions; notes. */
async function forms(browser) {
  const said = [dom.number(824854.4), dom.number(12.345), dom.number(0.01234), dom.number(-0.5), dom.number(7), dom.number(null), dom.brief(27650581), dom.brief(6718654), dom.brief(824700), dom.brief(789), dom.brief(0), dom.brief(-1500),
    dom.percent(26.56), dom.monthName('2022-12-01'), dom.monthName('2022-12-05'), dom.valueText(dom.kindOf('profit_margin_mean'), 0.2656), dom.valueText(dom.kindOf('revenue_mom_growth'), 9.951), dom.valueText('p', 1e-9), dom.valueText(dom.kindOf('year'), 2024), dom.words('ap_change'), dom.words('cashflow')];
  const wanted = ['824,854', '12.35', '0.0123', '-0.50', '7', '–', '27.7M', '6.72M', '824.7K', '789', '0', '-1.5K', '26.6 %', 'Dec 2022', '2022-12-05', '26.6 %', '10 %', '< 0.0001', '2024', 'Accounts payable change', 'Cash flow'];
  check(said.join('|') === wanted.join('|'), 'numbers, months and names as the HTML page has them', said);
  const report = sampleReport(Array.from({ length: 40 }, (_, i) => `R${i}`));
  const full = report.full_analysis_report;
  full.metadata.notes = ['March 2025 is not whole: it is left out.'];
  full.tables.summaries.annual_summary = [{ year: 2022, profit_margin: 0.2656, nothing: null }];
  full.tables.diagnostics.high_risk_periods = [{ date: '2022-12-01', reasons: ['low cash', 'slow'] }];
  await withPage(browser, { 'POST /full_report': (q, r) => json(r, 200, report) }, {}, async (page, errors) => {
    await atOnce(page);
    const texts = {};
    await eachTab(page, async (title, panel) => {
      texts[title] = await panel.innerText();
    });
    check([texts.Overview, texts.Diagnostics].every((t) => t.includes('March 2025 is not whole')), 'the notes on the data stand in Overview and Diagnostics', texts.Overview.slice(0, 300));
    check(/2022\s+26.6 %/.test(texts.Diagnostics) && /Dec 2022\s+low cash; slow/.test(texts.Diagnostics) && !texts.Diagnostics.includes('Nothing\n'), 'tables: per cent, months, lists, no empty columns', texts.Diagnostics.slice(0, 900));
    await page.getByRole('tab', { name: 'Forecasts' }).click();
    const count = () => page.locator('[role=tabpanel]:visible figure').count();
    const before = await count();
    await page.getByText('Show all 40').first().click();
    await page.waitForFunction((n) => document.querySelectorAll('[role=tabpanel]:not([hidden]) figure').length >= n, before + 28);
    check(before < 30 && texts.Forecasts.includes('The 12 with most revenue, of 40.'), 'of 40 regions twelve at once, the others when asked', before);
    check(errors.length === 0, 'many regions: no errors', errors);
  });
}

const browser = await launch();
for (const part of [forms, progress, dropped, names, problems, keyboard, looks, downloads, others]) {
  await part(browser);
}
await browser.close();
finish();
