import { expect, expectAccessible, expectFits, test } from './fixtures';

test('a difference is worked through: ignored and restored, then taken into the record', async ({ page }) => {
  test.setTimeout(180_000);
  await page.goto('/sources/accuracy');
  await expectAccessible(page, 'accuracy');
  await expectFits(page, 'accuracy');

  // The record is made wrong, which every site that shows the number then contradicts.
  await page.getByRole('button', { name: 'Our record', exact: true }).first().click();
  await page.getByRole('menuitem').first().click();
  const dialog = page.getByRole('dialog');
  const place = (await dialog.getByRole('textbox', { name: 'Name' }).inputValue()).trim();
  const right = await dialog.getByLabel('Phone').inputValue();
  await dialog.getByLabel('Phone').fill('+1 503 555 0111');
  await expectAccessible(page, 'the record');
  await expectFits(page, 'the record');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toBeHidden();

  const list = page.getByRole('list', { name: `Differences at ${place}` });
  const card = list.getByRole('listitem').filter({ hasText: 'Phone on' }).first();
  await expect(card).toContainText('+1 503 555 0111', { timeout: 90_000 });
  await expectAccessible(page, 'a difference');
  await expectFits(page, 'a difference');

  await card.getByRole('button', { name: /^Ignore phone/ }).click();
  await page.getByLabel('Why (optional)').fill('We are moving.');
  await page.getByRole('button', { name: 'Ignore it' }).click();
  await page.getByText(/^Ignored \(/).click();
  const ignored = page.getByRole('listitem').filter({ hasText: 'We are moving.' });
  await expect(ignored).toBeVisible();
  await ignored.getByRole('button', { name: 'Put it back on the list' }).click();
  await page.getByText(/^To do/).click();

  await card.getByRole('button', { name: /^Take phone/ }).click();
  await expect(page.getByText(/^Our record now says/)).toBeVisible();
  await expect(card).toBeHidden({ timeout: 90_000 });
  expect(right).not.toBe('');
});

test('a listing is read out of turn', async ({ page }) => {
  await page.goto('/sources/listings');
  await page.getByRole('button', { name: /^Read .* now$/ }).first().click();
  await expect(page.getByText(/is read within seconds/)).toBeVisible();
});
