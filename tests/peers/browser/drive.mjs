// A person at the page of examples/cruddur, in a headless Chromium: every step waits for what the page shows, and the end for the spans
// of all that was done to have been taken by the server.
//
//   node drive.mjs FOLDER_WITH_NODE_MODULES CHROMIUM PAGE [STEP…]      STEP: the text of a button, or "post: WORDS"
//
// SCREENSHOT may name a file for a picture of the end. With STRANGER=yes the server does not know the page's origin: no span is waited for.
//
// Prints JSON: {browser, actions: [{name, trace, problem}], requests: [{method, url, status, traceparent}], feed: [line],
// shipments: [status], texts: [what the page was made of, and what it sent], console: [line]}.
import {createRequire} from 'node:module';
import path from 'node:path';
import process from 'node:process';

const LIMIT = 60_000;  // milliseconds, for each thing that is waited for
const [home, executablePath, address, ...steps] = process.argv.slice(2);
const {chromium} = createRequire(path.join(home, 'package.json'))('playwright-core');

const told = {browser: '', actions: [], requests: [], feed: [], shipments: [], texts: [], console: []};
const wanted = new Set(), shipped = new Set();  // spans: those whose ids went to the server, and those that the page sent
let changed = () => {};

function spans_of(shipment) {
  const groups = JSON.parse(shipment).resourceSpans.flatMap((group) => group.scopeSpans);
  return groups.flatMap((group) => group.spans);
}

// The page's own spans on their way: once they are taken, they count.
function shipment(request, status) {
  told.shipments.push(status);
  for (const span of status === 200 ? spans_of(request.postData()) : []) {
    shipped.add(span.spanId);
    if (!span.parentSpanId) shipped.add(span.traceId);
  }
}

const is_api = (request) => /^\/(api|rollbar)\//.test(new URL(request.url()).pathname);

// A request to the server. From now on its span has to come too, unless the browser does not let it go.
function begun(request) {
  const traceparent = request.headers().traceparent ?? '';
  if (is_api(request) && traceparent) wanted.add(traceparent.split('-')[2]);
}

function failed(request) {
  if (is_api(request)) told.requests.push({method: request.method(), url: request.url(), status: 0, traceparent: ''});
}

async function finished(request) {
  const answer = await request.response();
  const headers = await request.allHeaders();
  told.texts.push(request.url(), JSON.stringify(headers), request.postData() ?? '', JSON.stringify(await answer.allHeaders()));
  const is_shipment = request.url().endsWith('/v1/traces');
  told.texts.push(await answer.text().catch((error) => {
    if (!is_shipment) throw error;  // of a beacon, which the browser sends when the page is left, it keeps no answer
    return '';
  }));
  if (is_shipment) return shipment(request, answer.status());
  if (is_api(request)) told.requests.push({method: request.method(), url: request.url(), status: answer.status(), traceparent: headers.traceparent ?? ''});
}

function missing() {
  return [...wanted, ...told.actions.map((each) => each.trace)].filter((each) => !shipped.has(each));
}

async function all_shipped() {
  const late = AbortSignal.timeout(LIMIT);
  while (missing().length) {
    if (late.aborted) throw new Error(`not shipped: ${missing().join(' ')}; shipments were answered ${told.shipments}`);
    await new Promise((resolve) => {
      changed = resolve;
      late.addEventListener('abort', resolve, {once: true});
    });
  }
}

async function take(page, step) {
  const before = await page.locator('#traces li').count();
  const words = step.match(/^post: ?(.*)$/s);
  if (words) {
    await page.locator('#message').fill(words[1]);
    await page.getByRole('button', {name: 'Crud it'}).click();
  } else {
    await page.getByRole('button', {name: step, exact: true}).click();
  }
  await page.locator('#traces li').nth(before).waitFor();
}

// root may not use Chromium's sandbox, and what it shows is ours. /dev/shm is small in containers.
const options = ['--disable-dev-shm-usage', '--no-proxy-server', ...(process.getuid() === 0 ? ['--no-sandbox'] : [])];
const browser = await chromium.launch({executablePath, args: options, timeout: LIMIT});
try {
  told.browser = browser.version();
  const page = await browser.newPage();
  page.setDefaultTimeout(LIMIT);
  page.on('console', (line) => told.console.push(line.text()));
  page.on('pageerror', (error) => told.console.push(String(error)));
  const underway = new Set();
  page.on('request', begun);
  page.on('requestfailed', failed);
  page.on('requestfinished', (request) => {
    const done = finished(request).finally(() => {
      underway.delete(done);
      changed();
    });
    underway.add(done);
  });
  const first = await page.goto(address);
  if (!first.ok()) throw new Error(`${address} answered ${first.status()}`);
  await page.locator('#traces li').first().waitFor();
  for (const step of steps) await take(page, step);
  told.actions = await page.locator('#traces li').evaluateAll((lines) => lines.map((line) => ({
    name: line.querySelector('b').textContent, trace: line.dataset.trace, problem: line.dataset.problem,
  })));
  told.feed = await page.locator('#feed li').allTextContents();
  if (process.env.STRANGER !== 'yes') await all_shipped();
  await Promise.all(underway);
  if (process.env.SCREENSHOT) await page.screenshot({path: process.env.SCREENSHOT});
} finally {
  await browser.close();
}
process.stdout.write(JSON.stringify(told));
