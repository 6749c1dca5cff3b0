import AxeBuilder from '@axe-core/playwright';
import { test as base, expect, request, type APIRequestContext, type Page } from '@playwright/test';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { running } from './bedside';

type Row = { author: string; rating: number; text: string };

/** What tests do behind the browser's back, through the public API. */
export type Practice = {
  /** Brings reviews in as an import would, and returns the site they are under; each call has its own ids. */
  arrive: (site: string, ...rows: Row[]) => Promise<void>;
  locationName: string;
};

type Fixtures = {
  practice: Practice;
  /** A site name that no other test uses, so that its filter shows only this test's reviews. */
  site: string;
  /** True where filters are in a drawer. */
  narrow: boolean;
};

const cell = (value: string | number) => `"${String(value).replaceAll('"', '""')}"`;

export const test = base.extend<Fixtures>({
  // eslint-disable-next-line no-empty-pattern -- Playwright reads the names of fixtures out of this pattern
  baseURL: async ({}, use) => use(running().url),
  // eslint-disable-next-line no-empty-pattern
  storageState: async ({}, use) => {
    const file = join(tmpdir(), `bedside-e2e-session-${process.env.BEDSIDE_E2E_RUN}.json`);
    await use(existsSync(file) ? file : undefined);
  },
  narrow: async ({ viewport }, use) => use((viewport?.width ?? 1280) < 992),
  // eslint-disable-next-line no-empty-pattern
  site: async ({}, use, info) => use(`e2e-${info.project.name}-${info.testId.slice(-6)}-${Date.now().toString(36)}`.toLowerCase()),
  practice: async ({ storageState }, use) => {
    const api: APIRequestContext = await request.newContext({ baseURL: running().url, storageState: storageState as string });
    const locations = ((await (await api.get('/api/v1/locations')).json()) as { items: { id: string; name: string }[] }).items;
    const location = locations[0];
    if (!location) throw new Error('the demo practice has no location');
    let batch = 0;
    await use({
      locationName: location.name,
      arrive: async (site, ...rows) => {
        batch++;
        const now = new Date().toISOString();
        const lines = rows.map((row, i) => [`${site}-${batch}-${i}`, row.author, row.rating, now, row.text].map(cell).join(','));
        const answer = await api.post('/api/v1/imports', {
          params: { location_id: location.id, site, file_name: `${site}.csv` },
          headers: { 'Content-Type': 'text/csv', Origin: running().url },
          data: Buffer.from(['external_id,author,rating,posted_at,text', ...lines].join('\n')),
        });
        expect(answer.status(), await answer.text()).toBe(202);
      },
    });
    await api.dispose();
  },
});

export { expect };

/** The rows of the inbox. */
export const rows = (page: Page) => page.getByRole('list', { name: 'Reviews' }).getByRole('listitem');

/** Fails with every accessibility violation of the page as it is shown now. */
export async function expectAccessible(page: Page, what: string): Promise<void> {
  // Colours that are still fading in are not the colours of the page.
  await page.evaluate(() => Promise.all(document.getAnimations().filter((a) => a.effect?.getTiming().iterations !== Infinity).map((a) => a.finished.catch(() => undefined))));
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']).analyze();
  const told = violations.map((v) => `${v.id}: ${v.help}\n${v.nodes.map((node) => `    ${node.target.join(' ')}\n    ${node.failureSummary}`).join('\n')}`);
  expect(told, what).toEqual([]);
}

/** Fails where the page is wider than its window. */
export async function expectFits(page: Page, what: string): Promise<void> {
  const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth] as const);
  expect(content, `${what} fits the window`).toBeLessThanOrEqual(window);
}
