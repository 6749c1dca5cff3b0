import { expect, expectAccessible, rows, test } from './fixtures';

test('a review that arrives shows itself without a reload, and moves nothing until asked', async ({ page, practice, site }) => {
  await practice.arrive(site, { author: 'Early Example', rating: 4, text: 'Friendly hygienist.' });
  await page.goto(`/inbox?site=${site}`);
  await expect(rows(page)).toHaveCount(1);
  await expect(page.getByRole('status', { name: /^Live/ })).toBeVisible();
  await page.evaluate(() => Object.assign(window, { notReloaded: true }));

  await practice.arrive(site, { author: 'Late Example', rating: 1, text: 'Nobody answers the phone.' });
  const pill = page.getByRole('button', { name: '1 new review' });
  await expect(pill).toBeVisible();
  await expect(rows(page)).toHaveCount(1);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('2');
  await expectAccessible(page, 'inbox with arrivals');

  await pill.click();
  await expect(rows(page)).toHaveCount(2);
  await expect(rows(page).first()).toContainText('Late Example');
  await expect(pill).toBeHidden();
  expect(await page.evaluate(() => 'notReloaded' in window)).toBe(true);
});

test('the first review of an empty list comes in by itself', async ({ page, practice, site }) => {
  await page.goto(`/inbox?site=${site}`);
  await expect(page.getByRole('heading', { name: 'No reviews match' })).toBeVisible();
  await expectAccessible(page, 'empty inbox');
  await expect(page.getByRole('status', { name: /^Live/ })).toBeVisible();
  await practice.arrive(site, { author: 'Only Example', rating: 3, text: 'Fine, but parking is hard.' });
  await expect(rows(page)).toHaveCount(1);
});

test('what a colleague changes is seen at once', async ({ page, practice, site, context }) => {
  await practice.arrive(site, { author: 'Shared Example', rating: 2, text: 'Rushed through my exam.' });
  await page.goto(`/inbox?site=${site}`);
  await rows(page).first().getByRole('link').click();
  await expect(page.getByRole('combobox', { name: 'Status' })).toHaveValue('New');

  const colleague = await context.newPage();
  await colleague.goto(`/inbox?site=${site}`);
  await colleague.getByRole('button', { name: /^Status: new/ }).click();
  await colleague.getByRole('dialog').getByRole('button', { name: 'On hold' }).click();
  await colleague.getByRole('textbox', { name: 'What does it wait for?' }).fill('Waiting for the exam notes.');
  await colleague.getByRole('button', { name: 'Change status' }).click();
  await expect(colleague.getByRole('button', { name: /^Status: on hold/ })).toBeVisible();
  await expect(page.getByRole('combobox', { name: 'Status' })).toHaveValue('On hold');
});

test('losing the server is said, and its return too', async ({ page, context }) => {
  await page.goto('/inbox');
  await expect(page.getByRole('status', { name: /^Live/ })).toBeVisible();
  // The code of the other pages comes in a quiet moment; from then on they open without the server.
  await page.waitForFunction(() => performance.getEntriesByType('resource').some((entry) => entry.name.includes('ListingsPage')));
  await context.setOffline(true);
  await page.route('**/api/**', (route) => route.abort());
  await page.getByRole('link', { name: 'Sources' }).click();
  await expect(page.getByText('Bedside cannot be reached').first()).toBeVisible({ timeout: 30_000 });
  await expectAccessible(page, 'without the server');
  await page.unroute('**/api/**');
  await context.setOffline(false);
  await page.getByRole('button', { name: 'Try again' }).first().click();
  await expect(page.getByRole('heading', { level: 1, name: 'Listings' })).toBeVisible();
});

test('a change of something that has changed meanwhile is refused and explained', async ({ page, practice, site, context }) => {
  await practice.arrive(site, { author: 'Contested Example', rating: 2, text: 'Nobody called me back.' });
  // This page hears nothing live, like one whose connection has just broken.
  await page.route('**/api/v1/events', (route) => route.abort());
  await page.goto(`/inbox?site=${site}`);
  await expect(async () => {
    await page.reload();
    await expect(rows(page)).toHaveCount(1, { timeout: 2000 });
  }).toPass();
  await rows(page).first().getByRole('link').click();
  const status = page.getByRole('combobox', { name: 'Status' });
  await expect(status).toHaveValue('New');

  const colleague = await context.newPage();
  await colleague.goto(page.url());
  await colleague.getByRole('combobox', { name: 'Status' }).click();
  await colleague.getByRole('option', { name: 'Resolved' }).click();
  await colleague.getByRole('radio', { name: 'communication' }).click();
  await colleague.getByRole('button', { name: 'Change status' }).click();
  await expect(colleague.getByText('Status is now Resolved.')).toBeVisible();

  await page.bringToFront();
  await status.click();
  await page.getByRole('option', { name: 'On hold' }).click();
  await page.getByRole('textbox', { name: 'What does it wait for?' }).fill('Waiting for a call.');
  await page.getByRole('button', { name: 'Change status' }).click();
  await expect(page.getByText('This review has changed meanwhile')).toBeVisible();
  await expect(status).toHaveValue('Resolved');
});
