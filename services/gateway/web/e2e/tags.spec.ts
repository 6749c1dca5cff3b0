import { expect, expectAccessible, expectFits, rows, test } from './fixtures';

const text = 'The bill was a surprise and nobody could explain the charge. The receptionist was rude about it.';

test('a wrong tag is corrected in two clicks, stays, and is taken back', async ({ page, practice, site }) => {
  await practice.arrive(site, { author: 'Rae Example', rating: 2, text });
  await page.goto(`/inbox?site=${site}`);
  await rows(page).first().getByRole('link').first().click();
  const topics = page.getByRole('list', { name: 'Topics' });
  const staff = topics.getByRole('button', { name: /Staff attitude/ });
  await expect(staff).toContainText('Negative');

  await staff.click();
  await expectAccessible(page, 'the menu of a tag');
  await page.getByRole('menuitem', { name: 'Mixed' }).click();
  await expect(staff).toContainText('Mixed');
  await expect(page.getByText(/^Corrected by/)).toBeVisible();
  await page.reload();
  await expect(staff).toContainText('Mixed');
  await expect(page.getByText('Topics corrected')).toBeVisible();

  await staff.click();
  await page.getByRole('menuitem', { name: 'Not about this' }).click();
  await expect(staff).toBeHidden();
  await page.getByRole('button', { name: 'Undo' }).last().click();
  await expect(staff).toContainText('Mixed');

  await page.getByRole('button', { name: 'Use Bedside’s tags' }).click();
  await expect(staff).toContainText('Negative');
  await expect(page.getByText(/^Corrected by/)).toBeHidden();
});

test('a tag that is missing is added, by keyboard alone', async ({ page, practice, site }) => {
  await practice.arrive(site, { author: 'Kit Example', rating: 4, text: 'It was what it was.' });
  await page.goto(`/inbox?site=${site}`);
  await rows(page).first().getByRole('link').first().click();
  await page.getByRole('button', { name: 'Correct', exact: true }).focus();
  await page.keyboard.press('Enter');
  await expectAccessible(page, 'the panel of corrections');
  await expectFits(page, 'the panel of corrections');
  await page.getByRole('button', { name: 'Facility: positive' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('list', { name: 'Topics' }).getByRole('button', { name: /Facility/ })).toContainText('Positive');
});

test('a reply is looked at while it is written', async ({ page, practice, site }) => {
  await practice.arrive(site, { author: 'Lou Example', rating: 1, text });
  await page.goto(`/inbox?site=${site}`);
  await rows(page).first().getByRole('link').first().click();
  const field = page.getByLabel('Public reply');
  await field.fill('Dear Lou, our records show that you missed two appointments before your root canal.');
  await expect(page.getByText('Do not publish this')).toBeVisible();
  await expect(page.getByRole('list', { name: 'What the check found' }).getByRole('listitem').first()).toBeVisible();
  await expect(page.getByRole('button', { name: 'Copy the reply' })).toBeDisabled();
  await expectAccessible(page, 'findings of the check');
  await expectFits(page, 'findings of the check');
  await field.fill('Thank you for the feedback. Anyone with a question about a bill can reach our office manager.');
  await expect(page.getByText('Nothing was found that must stay private.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Copy the reply' })).toBeEnabled();
});
