import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { visible } from '../../../web/src/ui/visible.js';
import type { IngestReply, SearchReply } from '../../src/api/contract.js';
import { auditEvent } from '../support/events.js';
import { ADMIN_TOKEN, Program, removeDir, tempDir } from '../support/program.js';
import { MARK, NAUGHTY } from './naughty-values.js';
import { launch, present } from './support.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const VALUES = Object.entries(NAUGHTY);
/** High enough for every record to have its row in the document. */
const HEIGHT = 6_000;

const attribute = (key: string, value: string): object => ({ key, value: { stringValue: value } });

/** Each value as message, as attribute's key and value, and as name of a service. */
const logs = (names: readonly [string, string][]): object => ({
  resourceLogs: names.map(([name, value]) => ({
    resource: { attributes: [attribute('service.name', value), attribute('host.name', value)] },
    scopeLogs: [
      {
        scope: { name: value },
        logRecords: [
          {
            severityText: name === 'script' ? value : 'ERROR',
            body: { stringValue: value },
            traceId: TRACE,
            attributes: [
              attribute(value, value),
              attribute('exception.type', value),
              attribute('exception.stacktrace', value),
              attribute('http.route', value),
            ],
          },
        ],
      },
    ],
  })),
});

/** Each value wherever an event may carry free text. */
const events = VALUES.map(([, value]) =>
  auditEvent({
    actor: {
      type: 'user',
      id: value.slice(0, 512),
      role: value.slice(0, 200),
      user_agent: value.slice(0, 900),
    },
    entity: { type: 'policy', id: value.slice(0, 500), version: value.slice(0, 60) },
    reason: value.slice(0, 1_000),
    correlation: { trace_id: TRACE },
    metadata: { safe_fields_only: true, details: { old: value.slice(0, 4_000), new: '', note: value } },
  }),
);

/** What the page holds that only a value could have brought into it. */
function foreign(mark: string): string[] {
  const found: string[] = [];
  if (`__${mark}` in window) found.push('a script ran');
  const own = location.origin;
  for (const element of document.querySelectorAll('*')) {
    const name = element.localName;
    const address = element.getAttribute('src') ?? element.getAttribute('href') ?? '';
    if (['iframe', 'object', 'embed', 'base', 'style', 'math', 'template', 'audio', 'video'].includes(name))
      found.push(`<${name}>`);
    if (address !== '' && !new URL(address, own).href.startsWith(`${own}/`))
      found.push(`<${name} ${address}>`);
    for (const { name: key } of element.attributes)
      if (key.startsWith('on') || key.includes(mark)) found.push(`<${name} ${key}>`);
  }
  return found;
}

/** Characters that hide or reorder, in text and in what is read aloud or shown on hovering. */
function hiding(): string[] {
  const texts = [document.title, document.body.innerText];
  for (const element of document.querySelectorAll('[title],[aria-label],[placeholder],option'))
    texts.push(...['title', 'aria-label', 'placeholder'].map((name) => element.getAttribute(name) ?? ''));
  const found = texts.flatMap(
    (text) => text.match(/.{0,20}(?![\n\t])[\p{Cc}\p{Cf}\p{Co}\u2028\u2029]/gu) ?? [],
  );
  return found.map((text) => JSON.stringify(text));
}

describe.skipIf(!present)('T12 naughty values', () => {
  let program: Program;
  let browser: Browser;
  let page: Page;
  let ids: string[];
  let key: string;
  const data = tempDir();
  const complaints: string[] = [];

  beforeAll(async () => {
    program = await Program.start(data);
    ({ key } = await program.tenant('acme'));
    expect((await program.post<object>('/v1/logs', key, logs(VALUES))).body).toEqual({});
    const { body } = await program.post<IngestReply>('/v1/events?wait=sealed', key, events);
    expect(body.rejected).toEqual([]);
    const found = await program.eventually(
      () => program.post<SearchReply>('/v1/search', key, { query: `trace_id:${TRACE}`, limit: 500 }),
      (r) => r.body.records.length === 2 * VALUES.length,
    );
    ids = found.body.records.map((record) => record.event_id);
    expect(ids).toHaveLength(2 * VALUES.length);
    browser = await launch();
    page = await (await browser.newContext({ viewport: { width: 1_440, height: HEIGHT } })).newPage();
    page.on('dialog', async (dialog) => {
      complaints.push(`dialog ${dialog.message()}`);
      await dialog.dismiss();
    });
    page.on('pageerror', (error) => complaints.push(`error ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(`console ${message.text()}`);
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(program.url)) complaints.push(`request ${request.url()}`);
    });
    await page.addInitScript(() =>
      addEventListener('securitypolicyviolation', (e) =>
        console.error(`violation of ${e.violatedDirective} by ${e.blockedURI} ${e.sample}`),
      ),
    );
    const link = await program.post<{ path: string }>('/v1/session/link', ADMIN_TOKEN, {});
    await page.goto(program.url + link.body.path);
    await page.getByRole('heading', { name: 'Every record can be proven' }).waitFor();
  });
  afterAll(async () => {
    await browser?.close();
    await program?.stop();
    removeDir(data);
  });
  afterEach(() => {
    // The browser tells of every answer that is no success; a query that cannot be read is one.
    const refused =
      /^console Failed to load resource: the server responded with a status of (?:400|404|414) /;
    const others = complaints.filter((text) => !refused.test(text));
    complaints.length = 0;
    expect(others).toEqual([]);
  });

  async function harmless(where: string): Promise<void> {
    expect([where, await page.evaluate(foreign, MARK), await page.evaluate(hiding)]).toEqual([where, [], []]);
  }

  const rows = () => page.getByRole('region', { name: 'Records, newest first' }).getByRole('button');
  const searched = () => page.locator('section[aria-label=Records][aria-busy=false]').waitFor();

  it('are text in the list, the chart and the filters', async () => {
    await page.goto(`${program.url}/explore`);
    await rows()
      .nth(2 * VALUES.length - 1)
      .waitFor();
    await page.getByText('As a table').waitFor();
    await page.locator('button[aria-label^="Only service"]').first().waitFor({ state: 'attached' });
    await page.evaluate(() => {
      for (const details of document.querySelectorAll('details')) details.open = true;
    });
    await harmless('/explore');
    const list = (await rows().allInnerTexts()).join('\n');
    for (const name of ['script', 'entities', 'half_pairs_as_text', 'template_braces', 'prototype'] as const)
      expect(list).toContain(NAUGHTY[name]);
    for (const name of ['bidirectional', 'nul_and_controls', 'terminal', 'invisible'] as const)
      expect(list).toContain(visible(NAUGHTY[name] ?? ''));
    const filters = await page.getByRole('complementary', { name: 'Filters' }).innerText();
    expect(filters).toMatch(/<\w+ data-pwned/);
  });

  it('are text in every record and its proof, and do not keep it from being proven', async () => {
    await page.goto(`${program.url}/explore`);
    await rows()
      .nth(2 * VALUES.length - 1)
      .waitFor();
    const record = page.getByRole('complementary', { name: 'Record' });
    for (let i = 0; i < 2 * VALUES.length; i++) {
      await rows().nth(i).dispatchEvent('click');
      await record.getByText(ids[i] ?? '', { exact: true }).waitFor();
      await record.locator('[data-state=verified]').waitFor();
      await record.locator('summary').first().click();
      await harmless(`record ${i}: ${ids[i]}`);
    }
  }, 240_000);

  it('are text in the correlation and in the ledger', async () => {
    await page.goto(`${program.url}/correlation/${TRACE}`);
    await page
      .getByRole('row')
      .nth(2 * VALUES.length)
      .waitFor();
    await harmless('/correlation');
    await page.goto(`${program.url}/ledger`);
    await page.getByRole('button', { name: 'Copy checkpoint' }).first().waitFor();
    await harmless('/ledger');
  });

  it('are text when they come in live', async () => {
    const opened = page.waitForResponse(/\/v1\/tail/);
    await page.goto(`${program.url}/explore?live=true&streams=logs&from=now-1s&to=now-1s`);
    await opened;
    await program.post('/v1/logs', key, logs(VALUES));
    await rows()
      .nth(VALUES.length - 1)
      .waitFor();
    await harmless('live');
  });

  it.each(VALUES.filter(([, value]) => value.length < 4_000))(
    '%s is text as query, as correlation, as filter and as address of a record',
    async (_name, value) => {
      const text = encodeURIComponent(value);
      await page.goto(`${program.url}/explore?q=${text}`);
      await searched();
      expect(await page.getByLabel('Query').inputValue()).toBe(value.replaceAll(/[\r\n]/g, ''));
      await harmless('query');
      await page.goto(
        `${program.url}/explore?q=message%3A%22${text}%22&from=${text}&to=${text}&streams=${text}`,
      );
      await searched();
      await harmless('range');
      await page.goto(`${program.url}/correlation/${text}`);
      await page.locator('main .notice, main table').first().waitFor();
      await harmless('correlation');
      await page.goto(`${program.url}/explore?open=${text}`);
      await page.getByRole('complementary', { name: 'Record' }).getByRole('alert').waitFor();
      await harmless('record');
      await page.goto(`${program.url}/${text}#${text}`);
      await harmless('nowhere');
    },
  );
});
