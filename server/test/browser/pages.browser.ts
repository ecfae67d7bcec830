import { spawnSync } from 'node:child_process';
import AxeBuilder from '@axe-core/playwright';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_TOKEN, Program, removeDir, runProgram, tempDir } from '../support/program.js';
import { launch, present } from './support.js';

const SIZES = [
  [1440, 900],
  [1024, 768],
  [390, 844],
] as const;

describe.skipIf(!present)('the pages, in a real browser', () => {
  let program: Program;
  let browser: Browser;
  const data = tempDir();
  const complaints: string[] = [];

  beforeAll(async () => {
    program = await Program.start(data, {}, 'demo');
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    await program?.stop();
    removeDir(data);
  });

  async function signedIn(
    width = 1440,
    height = 900,
    colorScheme: 'light' | 'dark' = 'light',
  ): Promise<{ page: Page; context: BrowserContext }> {
    const context = await browser.newContext({ viewport: { width, height }, colorScheme });
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: program.url });
    const page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    const { body } = await program.post<{ path: string }>('/v1/session/link', ADMIN_TOKEN, {});
    await page.goto(program.url + body.path);
    await page.getByRole('heading', { name: 'Every record can be proven' }).waitFor();
    return { page, context };
  }

  it('a new user follows the printed link, finds a sample and sees its proof verified by the browser', async () => {
    const { page, context } = await signedIn();
    await page.getByRole('link', { name: 'Explore' }).click();
    await page.getByLabel('Query').fill('action:policy_changed');
    await page.keyboard.press('Enter');
    await page.waitForURL(/q=action/);
    await page.getByRole('region', { name: 'Records, newest first' }).getByRole('button').first().click();
    await page.locator('[data-state=verified]').waitFor();
    expect(await page.getByText('The seal is signed').count()).toBe(1);
    const address = page.url();
    await page.reload();
    await page.locator('[data-state=verified]').waitFor();
    expect(page.url()).toBe(address);
    expect(await page.getByLabel('Query').inputValue()).toBe('action:policy_changed');
    await context.close();
  });

  it('believes no server that says a forged record is fine', async () => {
    const { page, context } = await signedIn();
    await page.route('**/v1/search', async (route) => {
      const response = await route.fetch();
      const text = await response.text();
      await route.fulfill({
        response,
        body: text.replaceAll('"action":"policy_changed"', '"action":"policy_removed","verified":true'),
      });
    });
    await page.goto(`${program.url}/explore?q=action%3Apolicy_changed`);
    await page.getByRole('region', { name: 'Records, newest first' }).getByRole('button').first().click();
    await page.locator('[data-state=tampered]').waitFor();
    expect(await page.locator('[data-state=verified]').count()).toBe(0);
    await context.close();
  });

  it('the command on the page runs unedited and the waiting row sees it', async () => {
    const { page, context } = await signedIn();
    await page.getByRole('button', { name: 'Send first event' }).click();
    // The tenant was made with the key; the page must still know the key when it has changed over to it.
    await page.getByRole('combobox', { name: 'Tenant' }).getByText('main').waitFor({ state: 'attached' });
    const command = await page.getByTestId('snippet').innerText();
    expect(command).toContain('plk_');
    await page.getByText('Waiting for the first event').waitFor();
    const refused = spawnSync('bash', ['-c', command.replace('policy_acknowledged', 'policy_eaten')]);
    expect(refused.status).toBe(0);
    await page.getByText('unknown_action').waitFor();
    expect(spawnSync('bash', ['-c', command]).status).toBe(0);
    await page.getByText('Received.').waitFor();
    await page.locator('[data-state=verified]').waitFor();
    const kept = await page.locator('pre').last().innerText();
    expect(await page.getByText('[phone]').count()).toBeGreaterThan(0);
    expect(kept).not.toContain('7946');
    await context.close();
  });

  it('copied JSON is the record, and selecting text leaves the row alone', async () => {
    const { page, context } = await signedIn();
    await page.goto(`${program.url}/explore?q=action%3Aexport_requested`);
    await page.getByRole('region', { name: 'Records, newest first' }).getByRole('button').first().click();
    await page.getByRole('button', { name: 'Copy JSON' }).click();
    const copied = JSON.parse(await page.evaluate(() => navigator.clipboard.readText())) as {
      event_id: string;
    };
    const shown = await program.request('GET', `/v1/events/${copied.event_id}`, {
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'x-prooflog-tenant': 'demo' },
    });
    expect(copied).toEqual(shown.body);
    await context.close();
  });

  it('the present query is exported with the keyboard alone, and the zip verifies', async () => {
    const { page, context } = await signedIn();
    await page.goto(`${program.url}/explore?q=action%3Apolicy_changed&from=1970-01-01T00%3A00%3A00Z`);
    await page.getByRole('button', { name: 'Export', exact: true }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('That none is missing is proven only for a log').waitFor();
    const { violations } = await new AxeBuilder({ page }).include('section[aria-label=Export]').analyze();
    expect(violations).toEqual([]);
    const saved = page.waitForEvent('download');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    const download = await saved;
    expect(download.suggestedFilename()).toMatch(/^prooflog-export-\d{8}T\d{6}Z\.zip$/);
    await page.getByRole('status').filter({ hasText: 'records exported' }).waitFor();
    const zip = `${data}-export.zip`;
    await download.saveAs(zip);
    const { code, out } = await runProgram(['verify', zip]);
    removeDir(zip);
    expect(out).toMatch(/[1-9]\d* verified/);
    expect(code).toBe(0);
    await context.close();
  });

  it('keys work, and are silent while typing', async () => {
    const { page, context } = await signedIn();
    await page.keyboard.press('g');
    await page.keyboard.press('e');
    await page.waitForURL(/explore/);
    await page.getByRole('region', { name: 'Records, newest first' }).getByRole('button').first().waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.getByRole('complementary', { name: 'Record' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('complementary', { name: 'Record' }).waitFor({ state: 'detached' });
    await page.keyboard.press('/');
    await page.keyboard.type('ug');
    expect(await page.getByLabel('Query').inputValue()).toBe('ug');
    await context.close();
  });

  it('pasted records are tried against the guard, and nothing of them is kept', async () => {
    const { page, context } = await signedIn();
    await page.getByRole('link', { name: 'Guard' }).click();
    await page.getByRole('button', { name: 'Try' }).click();
    const first = page.getByRole('region', { name: 'Record 1' });
    await first.getByText('accepted').waitFor();
    const changed = first.getByRole('table', { name: 'Changed' });
    expect(await changed.getByRole('row', { name: /actor\.id.*pseudonym/ }).count()).toBe(1);
    expect(await changed.getByText('Agreed with [email], [phone]').count()).toBe(1);
    await page.getByRole('button', { name: 'Log records' }).click();
    await page.getByRole('button', { name: 'Try' }).click();
    await first.getByText('into logs').waitFor();
    const pasted = `pasted-${Date.now()}`;
    await page.getByLabel('JSON').fill(`{"message":"${pasted}"}\nnonsense`);
    await page.getByRole('button', { name: 'Try' }).click();
    await page
      .getByRole('region', { name: 'Record 2' })
      .getByText('malformed_json', { exact: true })
      .waitFor();
    const search = { query: `"${pasted}"`, streams: ['logs'] };
    const found = await program.post<{ records: unknown[] }>('/v1/search?tenant=demo', ADMIN_TOKEN, search);
    expect(found.body.records).toEqual([]);
    await context.close();
  });

  it('live tail shows a record that comes in', async () => {
    const { page, context } = await signedIn();
    await page.goto(`${program.url}/explore?live=true&q=entity.id%3Apol-live`);
    await page.getByText('Following new records').waitFor();
    const key = await program.key('demo', 'ingest');
    const event = {
      action: 'policy_changed',
      occurred_at: new Date().toISOString(),
      actor: { type: 'user', id: 'x' },
      entity: { type: 'policy', id: 'pol-live' },
      result: 'success',
    };
    await program.post('/v1/events', key, event);
    await page.getByRole('region', { name: 'Records, newest first' }).getByText('pol-live').waitFor();
    await context.close();
  });

  for (const [width, height] of SIZES)
    for (const theme of ['light', 'dark'] as const)
      it(`every page at ${width} in ${theme}: no serious accessibility finding, no sideways scroll`, async () => {
        const { page, context } = await signedIn(width, height, theme);
        for (const path of [
          '/',
          '/explore?q=action%3Apolicy_changed',
          '/correlation/req-export-0001',
          '/ledger',
          '/guard',
        ]) {
          await page.goto(program.url + path);
          await page.getByRole('heading', { level: 1 }).first().waitFor({ state: 'attached' });
          await page.waitForLoadState('networkidle');
          if (path.startsWith('/explore')) {
            await page
              .getByRole('region', { name: 'Records, newest first' })
              .getByRole('button')
              .first()
              .click();
            await page.locator('[data-state=verified]').waitFor();
          }
          if (path === '/guard') {
            await page.getByRole('button', { name: 'Try' }).click();
            await page.getByText('accepted').waitFor();
          }
          const { violations } = await new AxeBuilder({ page }).analyze();
          const serious = violations
            .filter((v) => v.impact === 'serious' || v.impact === 'critical')
            .map((v) => `${v.id}: ${v.nodes[0]?.html}`);
          expect(serious, path).toEqual([]);
          expect(
            await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
            path,
          ).toBeLessThanOrEqual(0);
        }
        await context.close();
      });

  it('nothing broke the content security policy', () => {
    expect(complaints.filter((text) => !text.includes('404') && !text.includes('503'))).toEqual([]);
  });
});
