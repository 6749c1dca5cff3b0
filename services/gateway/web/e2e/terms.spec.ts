import { expect, expectAccessible, expectFits, rows, test } from './fixtures';

test('a topic of its own is added with a term, and new reviews are read with it', async ({ page, practice, site }, info) => {
  const name = `Parking ${info.project.name}`;
  const phrase = `the ${info.project.name} garage`;
  await page.goto('/settings/terms');
  await expectAccessible(page, 'terms');
  await page.getByRole('button', { name: 'Topic', exact: true }).click();
  await page.getByLabel('Name').fill(name);
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText(name, { exact: true })).toBeVisible();

  await page.getByRole('button', { name: 'Term', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toContainText('Write the words.');
  await dialog.getByLabel('Words').fill(phrase);
  await dialog.getByRole('combobox', { name: 'Topic' }).click();
  await page.getByRole('option', { name }).click();
  await dialog.getByRole('combobox', { name: 'And say of it' }).click();
  await page.getByRole('option', { name: 'something negative' }).click();
  await expectAccessible(page, 'a term');
  await expectFits(page, 'a term');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('cell', { name: phrase, exact: true })).toBeVisible();

  await expect(async () => {
    // Which of the reviews is the first to be read with the term is a matter of seconds.
    await practice.arrive(site, { author: 'Jo Example', rating: 3, text: `We drove round and round in ${phrase} before the visit.` });
    await page.goto(`/inbox?site=${site}`);
    await rows(page).first().getByRole('link').first().click();
    await expect(page.getByRole('list', { name: 'Topics' }).getByRole('button', { name: new RegExp(name) })).toContainText('Negative', { timeout: 3000 });
  }).toPass({ timeout: 60_000 });

  await page.goto('/settings/terms');
  await page.getByRole('button', { name: `Remove ${name}` }).click();
  await expect(page.getByRole('cell', { name: phrase, exact: true })).toBeHidden();
});
