import { expect, rows, test } from './fixtures';

const script = `<script>window.hacked = 1</script><img src=x onerror="window.hacked = 2">`;
const formula = '=HYPERLINK("http://example.invalid/steal","Click me")';

test('hostile text is text', async ({ page, practice, site }) => {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('dialog', (dialog) => complaints.push(dialog.message()));
  await practice.arrive(
    site,
    { author: `<b>Bold</b> \u202eelpmaxE`, rating: 3, text: `${script} The waiting room is clean.\nab\u202ecd\u202cef ${'👨‍👩‍👧'.repeat(3)}` },
    { author: '=1+1', rating: 1, text: `${formula} and the bill was wrong` },
    { author: 'أحمد مثال', rating: 2, text: 'الطبيب ممتاز 😕 The bill was wrong, and nobody at the desk could tell me why.' },
  );
  await page.goto(`/inbox?site=${site}`);
  await expect(rows(page)).toHaveCount(3);
  await expect(rows(page).filter({ hasText: script })).toHaveCount(1);
  await expect(rows(page).filter({ hasText: formula })).toHaveCount(1);
  await expect(rows(page).locator('script, img, b')).toHaveCount(0);

  await page.getByRole('link', { name: /<b>Bold<\/b>/ }).click();
  const text = page.getByRole('region', { name: 'Text' });
  await expect(text).toContainText(script);
  await expect(text.locator('script, img')).toHaveCount(0);
  await expect(text.getByTitle(/^right-to-left override/)).toBeVisible();
  expect(await text.textContent()).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
  await page.goBack();

  await page.getByRole('link', { name: '=1+1' }).click();
  await expect(page.getByRole('region', { name: 'Text' })).toContainText(formula);
  await expect(page.getByRole('region', { name: 'Text' }).getByRole('link')).toHaveCount(0);
  await page.goBack();

  // Evidence behind right-to-left words and an emoji still lies on its own words.
  await page.getByRole('link', { name: 'أحمد مثال' }).click();
  await expect(page.getByRole('region', { name: 'Text' }).locator('mark[data-kind=evidence]').filter({ hasText: /bill/ })).toBeVisible();
  expect(await page.evaluate(() => 'hacked' in window)).toBe(false);
  expect(complaints).toEqual([]);
});

test('the page allows no foreign code', async ({ request }) => {
  const policy = (await request.get('/inbox', { headers: { Accept: 'text/html' } })).headers()['content-security-policy'] ?? '';
  expect(policy).toMatch(/script-src 'self'(;|$)/);
  expect(policy).not.toMatch(/script-src[^;]*unsafe/);
  expect(policy).toContain("frame-ancestors 'none'");
});
