// The pages against the real server: serve.mjs NORN; upload, progress, every tab, what-if, downloads, tokens, errors, many targets.
// SPDX-License-Identifier: Apache-2.0
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { TOP, axe, check, downloaded, eachTab, file, finish, launch, open, overflow, shot, upload } from './browser.mjs';

const NORN = path.resolve(process.argv[2]);
const FOLDER = mkdtempSync(path.join(tmpdir(), 'norn-web-'));
const HURT = ['<img src=x onerror=window.hurt=1>', '<script>window.hurt=1</script>'];

/** Starts `norn serve` on a free port; gives {url, stop, log}. */
async function serve(...more) {
  const child = spawn(NORN, ['serve', '--port', '0', '--log-format', 'json', '--cache-dir', path.join(FOLDER, 'cache'), '--spool-dir', FOLDER, ...more], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  const url = await new Promise((go, fail) => {
    child.on('exit', (code) => fail(new Error(`norn serve ended with ${code}: ${log}`)));
    child.stderr.on('data', (d) => {
      log += d;
      const said = log.split('\n').find((l) => l.includes('"listening"'));
      if (said) {
        go(`http://127.0.0.1:${JSON.parse(said).port}`);
      }
    });
  });
  const stop = () => new Promise((go) => {
    child.on('exit', (code) => go(code));
    child.kill('SIGTERM');
  });
  return { url, stop, log: () => log };
}

async function flow(name, browser, url, options, body) {
  const view = await open(browser, url, options);
  try {
    await body(view.page, view.errors);
  } catch (error) {
    check(false, `${name} broke off`, String(error.stack || error));
  }
  await view.close();
}

const hurtful = () => ['Date,Revenue,Expenses,Region,Department', ...Array.from({ length: 30 }, (_, i) => HURT.map((h, k) => `${2021 + Math.floor(i / 12)}-${String((i % 12) + 1).padStart(2, '0')}-28,${1000 + 30 * i + 90 * k + (i % 3) * 40},${700 + 20 * i},${h},"=cmd|' /C calc'!A0"`)).flat()].join('\n');

async function report(browser, url) {
  await flow('report', browser, url, {}, async (page, errors) => {
    const heads = await page.evaluate(async () => {
      const a = await fetch('/');
      return [a.headers.get('Content-Security-Policy'), a.headers.get('X-Content-Type-Options'), a.headers.get('ETag')];
    });
    check(/default-src '(self|none)'/.test(heads[0]) && !/unsafe/.test(heads[0]) && heads[1] === 'nosniff' && heads[2], 'the page comes with its policy, its kind and its ETag', heads);
    const kept = await page.evaluate(async () => [...document.querySelectorAll('script[src], link[href]')].map((e) => e.src || e.href));
    const cache = await page.evaluate(async (all) => Promise.all(all.map(async (u) => (await fetch(u)).headers.get('Cache-Control'))), kept);
    check(kept.length >= 4 && cache.every((c) => /immutable/.test(c)), 'what has a hash in its name may be kept for ever', cache);
    const seen = [];
    page.on('request', (r) => seen.push(r.url()));
    await upload(page, [path.join(TOP, 'data', 'finance.csv')]);
    await page.waitForSelector('[role=tab]');
    check(seen.some((u) => /\/v1\/jobs\/[^/]+\/events$/.test(u)) && await page.locator('#arrived li').count() >= 20, 'the job was followed; its series came one by one', await page.locator('#arrived li').count());
    check(seen.every((u) => u.startsWith(url) || u.startsWith('blob:')), 'nothing is asked of another host', seen.filter((u) => !u.startsWith(url)));
    const wide = [];
    await eachTab(page, async (title, panel) => {
      const text = await panel.innerText();
      check(!/\d{4}-\d\d-01\b|\[object|\["/.test(text), `tab ${title} has no raw months, no raw JSON`, /.{60}(\d{4}-\d\d-01\b|\[object|\[").{60}/s.exec(text)?.[0]);
      check(text.trim().length > 200 || title === 'What-if', `tab ${title} has content`, text.slice(0, 300));
      wide.push(await overflow(page));
      await shot(page, title.toLowerCase());
    });
    check(wide.every((w) => w <= 0), 'nothing is wider than the window', wide);
    const first = await page.locator('[role=tabpanel]').first().innerText({ timeout: 2000 }).catch(() => '');
    check(/Total revenue/i.test(await page.locator('[role=tabpanel]').first().textContent()), 'the key figures are there', first);
    check(await page.locator('[role=tabpanel]').nth(1).locator('.u-wrap').count() >= 25, 'each series has its fan', await page.locator('[role=tabpanel]').nth(1).locator('.u-wrap').count());
    await page.getByRole('tab', { name: 'What-if' }).click();
    const expenses = page.getByLabel('Expenses, change in per cent');
    await expenses.fill('15');
    await page.waitForSelector('.answers table');
    const said = await page.innerText('.answers');
    check(/Expenses \+15 %[\s\S]*-[\d.,]+/.test(said), '+15 % expenses lowers profit', said);
    await shot(page, 'what-if-answer');
    const asHtml = await downloaded(page, () => page.click('text=HTML page'));
    check(asHtml.text.startsWith('<!DOCTYPE html>') && asHtml.text.includes('<svg ') && !asHtml.text.includes('<script'), 'the HTML page comes whole, without scripts', asHtml.text.slice(0, 100));
    const asCsv = await downloaded(page, () => page.click('text=Forecasts as CSV'));
    check(asCsv.text.trim().split('\r\n').length >= 1 + 3 * 26, 'the CSV has every point', asCsv.text.split('\r\n').length);
    const asJson = JSON.parse((await downloaded(page, () => page.click('text=JSON'))).text);
    check(Object.keys(asJson.full_analysis_report).length >= 16, 'the JSON has the report\'s keys', Object.keys(asJson.full_analysis_report));
    check(errors.length === 0, 'no errors and no policy violations', errors);
  });
}

async function hostile(browser, url) {
  await flow('fault_37', browser, url, {}, async (page, errors) => {
    await upload(page, [file('=<b>.csv', hurtful())]);
    await page.waitForSelector('[role=tab]');
    let all = '';
    await eachTab(page, async (_, panel) => {
      all += await panel.innerText();
    });
    check(HURT.every((h) => all.includes(h)), 'fault_37 hostile names of regions stand there as text');
    check(await page.evaluate(() => window.hurt === undefined && !document.querySelector('#report img, #report script')), 'fault_37 and made no element');
    const page2 = await downloaded(page, () => page.click('text=HTML page'));
    const job = await page.evaluate(async (text) => {
      const form = new FormData();
      form.append('file', new File([text], 'a.csv'));
      form.append('format', 'html');
      return (await fetch('/full_report', { method: 'POST', body: form })).headers.get('Norn-Job');
    }, hurtful());
    const own = await page.context().newPage();
    const answer = await own.goto(`${url}/v1/jobs/${job}/result`);
    check(/^text\/html/.test(answer.headers()['content-type']) && /sandbox/.test(answer.headers()['content-security-policy']) && await own.evaluate(() => getComputedStyle(document.querySelector('.tiles')).display) === 'grid',
      'the result of a job is shown as a page, with its style and without rights', answer.headers());
    check(await own.evaluate(() => window.hurt === undefined && !document.querySelector('img, script')) && page2.text.includes('&lt;script&gt;'), 'fault_37 the HTML page says them as text, too');
    await shot(own, 'hostile-page');
    check(errors.length === 0, 'fault_37 no errors and no policy violations', errors);
  });
}

async function errors(browser, url) {
  const cases = [
    ['a table without numbers', file('words.csv', 'Name,Colour\nbox,red\n'), /cannot be used/],
    ['an empty file', file('empty.csv', ''), /./],
    ['a broken quote', file('quote.csv', 'Date,Revenue\n2024-01-31,"5\n'), /cannot be used|not right/i],
  ];
  for (const [name, table, wanted] of cases) {
    await flow(name, browser, url, {}, async (page) => {
      await upload(page, [table]);
      await page.waitForSelector('#problem:not([hidden]) h2');
      const text = await page.innerText('#problem');
      check(wanted.test(text) && text.length > 40 && await page.isEnabled('#go'), `a problem in words: ${name}`, text);
      await shot(page, `problem-${name.replaceAll(' ', '-')}`);
    });
  }
}

async function others(browser, url) {
  const rows = Array.from({ length: 160 }, (_, i) => `${new Date(Date.UTC(2024, 0, 1 + i)).toISOString().slice(0, 10)},${(50 + 10 * Math.sin(i / 5) + (i % 7)).toFixed(3)},${(10 * Math.sin((i + 7) / 5)).toFixed(3)},${i % 7}`);
  await flow('multi', browser, `${url}/multi`, {}, async (page, seen) => {
    await page.setInputFiles('#files', [file('plant.csv', `day,Naphtha,feed,shift\n${rows.join('\n')}\n`)]);
    await page.waitForSelector('#preview table');
    await page.check('[aria-label="Naphtha: target"]');
    await page.fill('#horizon', '3');
    await page.fill('#models', 'naive,ridge,ebm,ensemble');
    await page.click('#go');
    await page.waitForSelector('[role=tab]');
    const texts = {};
    await eachTab(page, async (title, panel) => {
      texts[title] = await panel.innerText();
      await shot(page, `multi-${title.toLowerCase()}`);
    });
    check(/Naphtha[\s\S]*ensemble/.test(texts.Forecasts) && await page.locator('.u-wrap').count() >= 1, 'multi: a fan for the target', texts.Forecasts);
    check(await page.locator('rect.bar').count() >= 2, 'multi: importances as bars', texts.Importances);
    check(/ridge/.test(texts.Scores), 'multi: out-of-fold scores', texts.Scores);
    check(seen.length === 0, 'multi: no errors', seen);
  });
  const books = path.join(FOLDER, 'books');
  mkdirSync(books);
  spawnSync('python3', ['-c', 'import sys; sys.path.insert(0, sys.argv[1]); import plant_books; plant_books.write_plant(sys.argv[2])', path.join(TOP, 'tests', 'system'), books]);
  await flow('workbooks', browser, `${url}/multi`, {}, async (page, seen) => {
    await page.check('#etl');
    await page.setInputFiles('#files', readdirSync(books).filter((n) => n.endsWith('.xlsx')).map((n) => path.join(books, n)));
    await page.click('#look');
    await page.waitForSelector('text=final: 93 rows');
    await shot(page, 'multi-etl');
    await page.fill('#targets', 'Total_Kerosene*');
    await page.fill('#horizon', '2');
    await page.fill('#models', 'naive,ridge');
    await page.click('#go');
    await page.waitForSelector('[role=tab]');
    check(/Total_Kerosene_Product_Flowrate/.test(await page.innerText('[role=tabpanel]')), 'multi: workbooks become a table that is forecast', await page.innerText('[role=tabpanel]'));
    check(seen.length === 0, 'multi: no errors', seen);
    await shot(page, 'multi-etl-answer');
  });
  await flow('status', browser, `${url}/status`, {}, async (page, seen) => {
    await page.waitForFunction(() => /MiB/.test(document.getElementById('tiles').innerText));
    await page.waitForTimeout(2300);
    const text = await page.innerText('#tiles');
    check(/Memory\s+[\d.,]+ MiB/.test(text) && /Requests\s+\d/.test(text) && /Mean time\s+[\d.]+ ms/.test(text) && !/Up\s+–/.test(text), 'status: the server\'s own figures', text);
    check(/full_report/.test(await page.innerText('#routes')), 'status: by route', await page.innerText('#routes'));
    check(await axe(page) === '' && seen.length === 0, 'status: axe finds nothing serious, no errors', seen);
    await shot(page, 'status');
  });
}

async function tokens(browser) {
  const tokenFile = path.join(FOLDER, 'tokens');
  writeFileSync(tokenFile, 'correct-horse-battery-staple\n', { mode: 0o600 });
  const server = await serve('--token-file', tokenFile);
  await flow('token', browser, server.url, {}, async (page) => {
    await upload(page, [path.join(TOP, 'data', 'finance.csv')]);
    await page.waitForSelector('#problem input');
    await page.fill('#problem input', 'wrong');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.querySelector('#problem input')?.value === '');
    await page.fill('#problem input', 'correct-horse-battery-staple');
    await page.keyboard.press('Enter');
    await page.waitForSelector('[role=tab]');
    check(await page.locator('#arrived li').count() > 0, 'fault_26 with the right token job, events and report come');
    await page.goto(`${server.url}/status`);
    await page.waitForFunction(() => /MiB/.test(document.getElementById('tiles').innerText));
    check(true, 'the token holds on the other pages');
  });
  const code = await server.stop();
  check(code === 0 && !server.log().includes('correct-horse'), 'fault_26 the log has no token; SIGTERM ends with 0', code);
}

const browser = await launch();
try {
  const server = await serve();
  for (const part of [report, hostile, errors, others]) {
    await part(browser, server.url);
  }
  check(await server.stop() === 0, 'SIGTERM ends with 0', server.log().slice(-500));
  await tokens(browser);
} catch (error) {
  check(false, 'the run broke off', String(error.stack || error));
} finally {
  await browser.close();
  rmSync(FOLDER, { recursive: true, force: true });
}
finish();
