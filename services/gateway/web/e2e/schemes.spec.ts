import { expect, expectAccessible, expectFits, rows, test } from './fixtures';

for (const scheme of ['light', 'dark'] as const) {
  test(`every page is accessible in ${scheme} colours`, async ({ page, practice, site, narrow }) => {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    await practice.arrive(
      site,
      { author: 'Urgent Example', rating: 1, text: 'They used dirty instruments, my gum got infected, and I am calling my lawyer. The bill was wrong and the front desk rude.' },
      { author: 'Happy Example', rating: 5, text: 'Dr. Example is gentle and explained everything. Clean office, no wait, easy to book.' },
    );
    await page.goto(`/inbox?site=${site}`);
    await expect(rows(page)).toHaveCount(2);
    await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', scheme);
    await expectAccessible(page, `inbox, ${scheme}`);
    await expectFits(page, `inbox, ${scheme}`);
    if (narrow) {
      await page.getByRole('button', { name: /^Views and filters/ }).click();
      await expect(page.getByRole('dialog')).toBeVisible();
      await expectAccessible(page, `filters, ${scheme}`);
      await page.keyboard.press('Escape');
    }
    await page.getByRole('link', { name: 'Urgent Example' }).click();
    await expect(page.getByRole('region', { name: 'History' })).toContainText('Reached the inbox');
    await expectAccessible(page, `review, ${scheme}`);
    await expectFits(page, `review, ${scheme}`);
    for (const [path, title] of [['/sources/listings', 'Listings'], ['/sources/imports', 'Imports']] as const) {
      await page.goto(path);
      await expect(page.getByRole('heading', { level: 1, name: title })).toBeVisible();
      await expect(page.getByRole('list', { name: title }).getByRole('listitem').first()).toBeVisible();
      await expectAccessible(page, `${title}, ${scheme}`);
      await expectFits(page, `${title}, ${scheme}`);
    }
    await page.goto('/no/such/page');
    await expect(page.getByRole('heading', { name: 'There is no such page' })).toBeVisible();
    await expectAccessible(page, `not found, ${scheme}`);
    await page.goto('/reviews/r_nothing');
    await expect(page.getByRole('heading', { name: 'There is no such review' })).toBeVisible();
    await expectAccessible(page, `no such review, ${scheme}`);
  });
}
