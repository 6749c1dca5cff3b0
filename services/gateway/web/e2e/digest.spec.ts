import { expect, expectAccessible, expectFits, rows, test } from './fixtures';

test('the week is told in numbers and as the e-mail', async ({ page, practice, site }) => {
  await practice.arrive(site, { author: 'Ann Example', rating: 5, text: 'Everybody was friendly and explained each step. The waiting room is bright.' });
  await page.goto(`/inbox?site=${site}`);
  await expect(rows(page)).toHaveCount(1);
  await page.goto('/digest');
  await expect(page.getByRole('heading', { level: 1, name: 'Weekly digest' })).toBeVisible();
  await page.getByRole('combobox', { name: 'Week' }).click();
  await page.getByRole('option', { name: /so far/ }).click();
  await expect(page).toHaveURL(/week=\d{4}-W\d\d/);
  await expect(page.locator('dl').getByText('Reviews', { exact: true }).locator('xpath=..').locator('strong')).not.toHaveText('0');
  await expectAccessible(page, 'the digest');
  await expectFits(page, 'the digest');
  await page.getByRole('button', { name: 'Show the e-mail' }).click();
  await expect(page.locator('iframe')).toHaveAttribute('sandbox', '');
  await expect(page.frameLocator('iframe').locator('body')).toContainText(/review/i);
  await expectFits(page, 'the digest as e-mail');
});

test('a promise is kept, and the last one too', async ({ page, practice, site }, info) => {
  const promised = `Call back about the bill, ${info.project.name} ${Date.now().toString(36)}`;
  await practice.arrive(site, { author: 'Pat Example', rating: 2, text: 'The bill was a surprise.' });
  await page.goto(`/inbox?site=${site}`);
  await rows(page).first().getByRole('link').first().click();
  await expect(page.getByRole('heading', { level: 1, name: 'Pat Example' })).toBeVisible();
  const review = new URL(page.url()).pathname.split('/').at(-1) ?? '';
  const made = await page.request.post(`/api/v1/reviews/${review}/commitments`, { headers: { Origin: new URL(page.url()).origin }, data: { text: promised, owner_id: 'me', due_at: new Date(Date.now() + 2 * 86_400_000).toISOString() } });
  expect(made.ok(), await made.text()).toBe(true);
  await page.goto('/commitments');
  await expect(page.getByText(promised)).toBeVisible();
  await expectAccessible(page, 'promises');
  await expectFits(page, 'promises');
  await page.getByRole('button', { name: `Move: ${promised}` }).click();
  const later = new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10);
  await page.getByRole('dialog').getByLabel('By when').fill(`${later}T09:00`);
  await expectAccessible(page, 'moving a promise');
  await page.getByRole('dialog').getByRole('button', { name: 'Move' }).click();
  await expect(page.getByRole('list', { name: 'Open promises' })).toContainText(/Due in (19|20) days/);
  await page.getByRole('button', { name: `Kept: ${promised}` }).click();
  await expect(page.getByRole('button', { name: `Kept: ${promised}` })).toBeHidden();
});
