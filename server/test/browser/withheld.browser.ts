import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULTS } from '../../src/base/settings.js';
import { type RunningServer, startServer } from '../../src/server.js';
import { plantedEvent, plantedLogs } from '../support/planted.js';
import { ADMIN_TOKEN, removeDir, tempDir } from '../support/program.js';
import { launch, present } from './support.js';

const DAY = 86_400_000;

describe.skipIf(!present)('records of which not everything is shown, in a real browser', () => {
  const data = tempDir();
  let server: RunningServer;
  let browser: Browser;
  let leaked = '';
  let old = '';

  beforeAll(async () => {
    const settings = {
      ...DEFAULTS,
      data,
      listen: '127.0.0.1:0',
      admin_token: ADMIN_TOKEN,
      log_level: 'silent',
    };
    server = await startServer(settings);
    const { engine } = server;
    const { id: tenant } = await engine.addTenant('acme', ['company-governance'], 'eu');
    const event = plantedEvent(`${tenant}/audit`, { reason: 'ask ada.lovelace@mail.example' });
    const logs = plantedLogs(
      tenant,
      [{ clientIp: '203.0.113.0', message: 'an old line' }],
      Date.now() - 100 * DAY,
    );
    [leaked, old] = [event.eventId, logs.eventIds[0] ?? ''];
    await engine.journal.append([event.entry, logs.entry]);
    expect(await engine.indexedTo(engine.journal.durable, AbortSignal.timeout(30_000))).toBe(true);
    await engine.review.run({ tenant, all: true, by: { credential: 'test', role: 'system' } });
    await engine.anonymisation.run();
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    removeDir(data);
  });

  async function opened(path: string): Promise<Page> {
    const page = await (await browser.newContext()).newPage();
    await page.goto(server.signInLink());
    await page.getByRole('heading', { name: 'Every record can be proven' }).waitFor();
    await page.goto(server.url + path);
    return page;
  }

  it('a quarantined one says that it is withheld, why, and its hash, and is no error', async () => {
    const page = await opened('/explore');
    await page.getByText('withheld · privacy incident').first().click();
    const record = page.getByRole('complementary', { name: 'Record' });
    await record.getByRole('heading', { name: 'Withheld', exact: true }).waitFor();
    const text = (await record.textContent()) ?? '';
    expect(text).toContain('email in reason');
    expect(text).toMatch(/Entry 0, hash[0-9a-f]{64}/);
    expect(text).toContain(leaked);
    expect(text).not.toContain('lovelace');
    expect(await record.getByRole('alert').count()).toBe(0);
  });

  it('one without its addresses says so, and is verified all the same', async () => {
    const page = await opened(`/explore?open=${old}`);
    const record = page.getByRole('complementary', { name: 'Record' });
    await record.locator('[data-state=verified]').waitFor();
    const text = (await record.textContent()) ?? '';
    expect(text).toContain('Network addresses were taken out');
    expect(text).toContain('[address]');
    expect(text).not.toContain('203.0.113');
  });
});
