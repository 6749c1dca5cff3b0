import { expect, expectAccessible, expectFits, rows, test } from './fixtures';

const people = ['Ada', 'Bea', 'Cem', 'Dov', 'Eva'];

test('many reviews are given to one person, and taken back together', async ({ page, practice, site }) => {
  await practice.arrive(site, ...people.map((name, i) => ({ author: `${name} Example`, rating: 3, text: `The waiting room of ${name} number ${i} was fine, the wait was long.` })));
  await page.goto(`/inbox?site=${site}&sort=posted_at`);
  await expect(rows(page)).toHaveCount(people.length);
  const owners = () => rows(page).getByRole('button', { name: /^Owner:/ }).allTextContents();
  const before = await owners();

  // A range with shift, the rest with one press.
  const box = (i: number) => rows(page).nth(i).getByRole('checkbox');
  await box(0).click();
  await box(2).click({ modifiers: ['Shift'] });
  const bar = page.getByRole('region', { name: 'Chosen reviews' });
  await expect(bar).toContainText('3 chosen');
  await expectAccessible(page, 'chosen reviews');
  await expectFits(page, 'chosen reviews');
  await bar.getByRole('button', { name: 'All 5 shown' }).click();
  await expect(bar).toContainText('5 chosen');

  await bar.getByRole('button', { name: 'Assign' }).click();
  await page.getByRole('option').filter({ hasText: 'Daniel Okafor' }).click();
  await expect(page.getByText('5 reviews assigned to Daniel Okafor.')).toBeVisible();
  await expect(bar).toBeHidden();
  await expect.poll(owners).toEqual(people.map(() => expect.stringContaining('Daniel Okafor')));
  await page.getByRole('button', { name: 'Undo' }).last().click();
  await expect(page.getByText(/^\d reviews? put back\.$/)).toBeVisible();
  await expect.poll(owners).toEqual(before);
});

test('the keyboard chooses, and a status with a reason goes to all', async ({ page, practice, site }) => {
  await practice.arrive(site, ...people.slice(0, 2).map((name) => ({ author: `${name} Example`, rating: 5, text: `Lovely staff, says ${name}.` })));
  await page.goto(`/inbox?site=${site}&sort=posted_at`);
  await expect(rows(page)).toHaveCount(2);
  await page.keyboard.press('j');
  await page.keyboard.press('x');
  await page.keyboard.press('j');
  await page.keyboard.press('x');
  const bar = page.getByRole('region', { name: 'Chosen reviews' });
  await expect(bar).toContainText('2 chosen');
  await page.keyboard.press('Escape');
  await expect(bar).toBeHidden();
  await page.keyboard.press('k');
  await page.keyboard.press('x');
  await page.keyboard.press('j');
  await page.keyboard.press('Shift+X');
  await expect(bar).toContainText('2 chosen');
  await bar.getByRole('button', { name: 'Status' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'No reply needed' }).click();
  await page.getByRole('textbox', { name: /Why does it need no reply/ }).fill('Praise without words to answer.');
  await expectAccessible(page, 'a status for many');
  await page.getByRole('button', { name: 'Change status' }).click();
  await expect(page.getByText('2 reviews set to no reply needed.')).toBeVisible();
  await expect(rows(page).getByRole('button', { name: 'Status: no reply needed. Change' })).toHaveCount(2);
});

test('many reviews sleep together', async ({ page, practice, site }) => {
  await practice.arrive(site, ...people.slice(0, 2).map((name) => ({ author: `${name} Example`, rating: 2, text: `Long wait on the phone, says ${name}.` })));
  await page.goto(`/inbox?site=${site}`);
  await expect(rows(page)).toHaveCount(2);
  await rows(page).nth(0).getByRole('checkbox').click();
  const bar = page.getByRole('region', { name: 'Chosen reviews' });
  await bar.getByRole('button', { name: /^All 2 shown/ }).click();
  await bar.getByRole('button', { name: 'Snooze' }).click();
  await page.getByRole('menuitem', { name: /^Next week/ }).click();
  await expect(page.getByText(/^2 reviews snoozed until /)).toBeVisible();
  await expect(page.getByText('No reviews match')).toBeVisible();
  await page.goto(`/inbox?site=${site}&snoozed=true`);
  await expect(rows(page)).toHaveCount(2);
});
