// What the browser tests share: TAP, one Chromium, pages that note every error, axe, screenshots.
// SPDX-License-Identifier: Apache-2.0
import { createRequire } from 'node:module';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const TOP = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
const require = createRequire(path.join(TOP, 'web', 'package.json'));
const { chromium } = require('playwright-core');
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const SHOTS = process.env.NORN_SHOTS || '';

let [count, bad] = [0, 0];
export function check(good, name, why = '') {
  count++;
  bad += good ? 0 : 1;
  console.log(`${good ? 'ok' : 'not ok'} ${count} - ${name}${good ? '' : `  # ${typeof why === 'string' ? why : JSON.stringify(why)}`}`);
}
export function finish() {
  console.log(`1..${count}`);
  process.exitCode = bad ? 1 : 0;
}

export const launch = () => chromium.launch({ executablePath: process.env.NORN_CHROMIUM || '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage'] });

/** A page in a context of its own; `errors` collects what the console and the page complain of. */
export async function open(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, acceptDownloads: true, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(60000);
  const errors = [];
  page.on('console', (m) => m.type() === 'error' && errors.push(m.text()));
  page.on('pageerror', (e) => errors.push(String(e.stack || e)));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (e) => console.error(`policy: ${e.violatedDirective} ${e.blockedURI}`));
  });
  await page.goto(url);
  return { page, errors, close: () => context.close() };
}

export async function shot(page, name) {
  if (SHOTS) {
    mkdirSync(SHOTS, { recursive: true });
    await page.screenshot({ path: path.join(SHOTS, `${name}.png`), fullPage: true });
  }
}

/** Serious and critical findings of axe, as one text. */
export async function axe(page) {
  await page.evaluate(AXE);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  return found.violations.filter((v) => ['serious', 'critical'].includes(v.impact)).map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => `${n.target.join(' ')} ${n.failureSummary}`).join(' | ')}`).join('\n');
}

/** How far the page is wider than its window. */
export const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

export async function upload(page, files) {
  await page.setInputFiles('#files', files);
  await page.click('#go');
}

export const file = (name, text) => ({ name, mimeType: 'text/csv', buffer: Buffer.from(text) });

/** Goes through all tabs: calls seen(title, panel text) for each. */
export async function eachTab(page, seen) {
  for (const tab of await page.locator('[role=tab]').all()) {
    await tab.click();
    const panel = page.locator(`#${await tab.getAttribute('aria-controls')}`);
    await page.waitForTimeout(60);
    await seen(await tab.innerText(), panel);
  }
}

/** The text of a download that `act` starts. */
export async function downloaded(page, act) {
  const [got] = await Promise.all([page.waitForEvent('download'), act()]);
  return { name: got.suggestedFilename(), text: readFileSync(await got.path(), 'utf8') };
}
