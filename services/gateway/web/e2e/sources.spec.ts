import { expect, expectAccessible, expectFits, rows, test } from './fixtures';

test('listings show their health, and one can be added, paused and left', async ({ page, site, practice }) => {
  await page.goto('/sources');
  await expect(page.getByRole('heading', { level: 1, name: 'Listings' })).toBeVisible();
  await expect(page.getByRole('list', { name: 'Listings' }).getByRole('listitem').first()).toBeVisible();
  await expectAccessible(page, 'listings');
  await expectFits(page, 'listings');

  await page.getByRole('button', { name: 'Watch a listing' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Watch it' }).click();
  await expect(dialog.getByText('Give the full address of the page')).toBeVisible();
  await expectAccessible(page, 'adding a listing');
  await dialog.getByRole('combobox', { name: 'Location' }).or(dialog.getByRole('textbox', { name: 'Location' })).first().click();
  await page.getByRole('option', { name: practice.locationName }).click();
  await dialog.getByLabel('Address of the page').fill(`https://reviews.example.com/${site}`);
  await dialog.getByLabel('Name of the site').fill(site);
  await dialog.getByRole('button', { name: 'Watch it' }).click();
  await expect(dialog).toBeHidden();

  const card = page.getByRole('listitem').filter({ hasText: `https://reviews.example.com/${site}` });
  await expect(card).toBeVisible();
  await card.getByRole('button', { name: /^Pause/ }).click();
  await expect(card.getByText('Paused')).toBeVisible();
  await card.getByRole('button', { name: /^Stop watching/ }).click();
  await expectAccessible(page, 'asking before a listing is left');
  await page.getByRole('dialog').getByRole('button', { name: 'Stop watching' }).click();
  await expect(card).toBeHidden();
});

test('a file is checked first, then imported, and its reviews are in the inbox', async ({ page, site, practice }) => {
  await page.goto('/sources/imports');
  await expect(page.getByRole('heading', { level: 1, name: 'Imports' })).toBeVisible();
  await expectAccessible(page, 'imports');
  await page.getByRole('button', { name: 'Import a file' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel(/Choose a file/).setInputFiles({
    name: 'cards.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from('Guest,Stars,Review Date,Comment\nAlex Example,5,2026-03-04,"Kind staff, short wait."\nSam Example,11,2026-03-05,Too many stars\nKim Example,2,2026-03-06,The bill was wrong.\n'),
  });
  await expect(dialog.getByRole('group', { name: 'Columns of the file' })).toBeVisible();
  await dialog.getByRole('combobox', { name: 'Author' }).or(dialog.getByRole('textbox', { name: 'Author' })).first().click();
  await page.getByRole('option', { name: 'Guest' }).click();
  await dialog.getByRole('combobox', { name: 'Location' }).or(dialog.getByRole('textbox', { name: 'Location' })).first().click();
  await page.getByRole('option', { name: practice.locationName }).click();
  await dialog.getByLabel('Where they come from').fill(site);
  await expectAccessible(page, 'choosing a file');
  await dialog.getByRole('button', { name: 'Check the file' }).click();

  await expect(dialog.getByRole('status')).toContainText('2 reviews of 3 rows would be taken');
  await expect(dialog.getByRole('region', { name: 'First rows' })).toContainText('Alex Example');
  await expect(dialog.getByRole('region', { name: 'Rejected rows' })).toContainText(/rating/i);
  await expectAccessible(page, 'what would be imported');
  await expectFits(page, 'what would be imported');
  await dialog.getByRole('button', { name: 'Import 2 reviews' }).click();
  await expect(dialog).toBeHidden();

  const card = page.getByRole('list', { name: 'Imports' }).getByRole('listitem').first();
  await expect(card).toContainText('cards.csv');
  await expect(card).toContainText('All in the inbox', { timeout: 30_000 });
  await card.getByRole('link', { name: 'Show them' }).click();
  await expect(rows(page)).toHaveCount(2);
  await expect(rows(page).first()).toContainText('Kim Example');
});
