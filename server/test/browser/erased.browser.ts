import AxeBuilder from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ErasureReply, SearchReply } from '../../src/api/contract.js';
import { auditEvent } from '../support/events.js';
import { ADMIN_TOKEN, Program, removeDir, tempDir } from '../support/program.js';
import { launch, present } from './support.js';

const PERSON = 'annie.easley.1933@example.org';
const SIZES = [
  [1440, 900],
  [1024, 768],
  [390, 844],
] as const;

describe.skipIf(!present)('a record of somebody who was erased, in a real browser', () => {
  let program: Program;
  let browser: Browser;
  let erasure: ErasureReply;
  const data = tempDir();

  beforeAll(async () => {
    program = await Program.start(data);
    const { key } = await program.tenant('acme');
    const statement = { safe_fields_only: true, details: { field: 'x', statement: 'said in confidence' } };
    const event = auditEvent({ actor: { type: 'user', id: PERSON }, metadata: statement });
    await program.post('/v1/events?wait=sealed', key, [event, auditEvent()]);
    const asked = { subject: PERSON, ground: 'art. 17(1)(a)' };
    ({ body: erasure } = await program.post<ErasureReply>('/v1/erasures', key, asked));
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    await program?.stop();
    removeDir(data);
  });

  async function opened(size: readonly [number, number], colorScheme: 'light' | 'dark'): Promise<Page> {
    const [width, height] = size;
    const context = await browser.newContext({ viewport: { width, height }, colorScheme });
    const page = await context.newPage();
    const { body } = await program.post<{ path: string }>('/v1/session/link', ADMIN_TOKEN, {});
    await page.goto(program.url + body.path);
    await page.getByRole('heading', { name: 'Every record can be proven' }).waitFor();
    return page;
  }

  const open = async (page: Page): Promise<void> => {
    await page.goto(`${program.url}/explore?q=actor.id%3A${erasure.subject}`);
    await page.getByRole('region', { name: 'Records, newest first' }).getByRole('button').first().click();
  };

  for (const size of SIZES)
    for (const theme of ['light', 'dark'] as const)
      it(`is Erased, with the reason and the way to its record, at ${size[0]} in ${theme}`, async () => {
        const page = await opened(size, theme);
        await open(page);
        await page.locator('[data-state=erased]').getByText('Erased').waitFor();
        await page.getByText('nobody can read them, or say who it was').waitFor();
        const record = page.getByRole('complementary', { name: 'Record' });
        await record.getByRole('cell', { name: 'statement' }).waitFor();
        await record.getByRole('cell', { name: 'erased', exact: true }).waitFor();
        const folder = process.env.TEST_SCREENSHOTS;
        if (folder !== undefined) await page.screenshot({ path: `${folder}/erased-${size[0]}-${theme}.png` });
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect(violations.filter((v) => v.impact === 'serious' || v.impact === 'critical')).toEqual([]);
        const sideways = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect(sideways).toBeLessThanOrEqual(0);
        await page.getByRole('link', { name: 'Record of the erasure' }).click();
        await page.getByRole('heading', { name: /^subject_erased/ }).waitFor();
        await page.locator('[data-state=verified]').waitFor();
        await page.context().close();
      });

  it('is not called erased because the server says so of another', async () => {
    const page = await opened(SIZES[0], 'light');
    await page.route('**/v1/search', async (route) => {
      const response = await route.fetch();
      const body = (await response.json()) as SearchReply;
      for (const record of body.records)
        record.erased_by = [{ subject: erasure.subject, event_id: erasure.record_id }];
      await route.fulfill({ response, json: body });
    });
    await page.goto(`${program.url}/explore?q=NOT%20actor.id%3A${erasure.subject}`);
    await page.getByRole('region', { name: 'Records, newest first' }).getByRole('button').first().click();
    await page.locator('[data-state=verified]').waitFor();
    expect(await page.locator('[data-state=erased]').count()).toBe(0);
    await page.context().close();
  });
});
