import { expect, expectAccessible, expectFits, rows, test } from './fixtures';

const complaint = 'They overcharged me twice 😡 and the front desk was rude about it. The bill is still wrong.';

test('a new review is found, understood, given an owner, moved on and noted', async ({ page, practice, site, narrow }) => {
  await practice.arrive(site, { author: 'Quinn Example', rating: 1, text: complaint }, { author: 'Robin Example', rating: 5, text: 'Lovely staff, clean rooms, on time.' });
  await page.goto(`/inbox?site=${site}`);
  await expect(rows(page)).toHaveCount(2);

  // Filter: by topic and by what is said of it, with the numbers each choice would leave.
  if (narrow) await page.getByRole('button', { name: /^Views and filters/ }).click();
  const billing = page.getByRole('group', { name: 'Topic' }).getByRole('checkbox', { name: /^Billing/ });
  await expect(billing).toHaveAccessibleName(/Billing\s*1$/);
  await billing.check();
  await page.getByRole('group', { name: 'Said of it' }).getByRole('checkbox', { name: /^Negative/ }).check();
  if (narrow) {
    await expectAccessible(page, 'filters in the drawer');
    await page.getByRole('button', { name: /^Show\s+1 review$/ }).click();
  }
  await expect(page).toHaveURL(/topic=billing&polarity=negative/);
  await expect(rows(page)).toHaveCount(1);
  const row = rows(page).first();
  await expect(row).toContainText('Billing, negative');
  await expect(row).toContainText(/Due in|Overdue/);
  await expect(page.getByRole('list', { name: 'Filters in use' })).toContainText('Billing');
  await expectAccessible(page, 'filtered inbox');
  await expectFits(page, 'filtered inbox');

  // Open: the words that say so are marked, and say by which rule.
  await row.getByRole('link', { name: 'Quinn Example' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Quinn Example' })).toBeFocused();
  const text = page.getByRole('region', { name: 'Text' });
  await expect(text).toContainText(complaint);
  const evidence = text.locator('mark[data-kind=evidence]').filter({ hasText: 'overcharged' });
  await expect(evidence).toBeVisible();
  await page.keyboard.press('Tab');
  await evidence.focus();
  await expect(page.getByRole('tooltip').filter({ hasText: /Billing: negative.*rule /s })).toBeVisible();
  await page.keyboard.press('Escape');
  const topic = page.getByRole('list', { name: 'Topics' }).getByRole('button', { name: /Billing/ });
  await topic.click();
  await page.getByRole('menuitem', { name: 'Hide in the text' }).click();
  // Words that speak of nothing else lose their mark; the text stays.
  const only = text.locator('mark').filter({ hasText: /bill/ });
  await expect(only).toHaveCount(0);
  await expect(text).toContainText(complaint);
  await topic.click();
  await page.getByRole('menuitem', { name: 'Show in the text' }).click();
  await expect(only).toBeVisible();
  await expectAccessible(page, 'review');
  await expectFits(page, 'review');

  // Assign: somebody else by choosing, then oneself with one key, then back with undo.
  const owner = page.getByRole('combobox', { name: 'Owner' });
  const before = await owner.inputValue();
  await owner.click();
  const other = page.getByRole('option').filter({ hasNotText: '(me)' }).filter({ hasNotText: before.replace(/ \(me\).*| – .*/, '') }).first();
  const name = ((await other.textContent()) ?? '').replace(/ – away$/, '').trim();
  await other.click();
  await expect(page.getByText(`Assigned to ${name}.`)).toBeVisible();
  await expect(owner).toHaveValue(new RegExp(`^${name}`));
  await page.getByRole('heading', { level: 1 }).focus();
  await page.keyboard.press('a');
  await expect(owner).toHaveValue(/\(me\)/);
  await expect(page.getByRole('button', { name: 'Undo' }).last()).toBeVisible();
  await page.getByRole('heading', { level: 1 }).focus();
  await page.keyboard.press('z');
  await expect(owner).toHaveValue(new RegExp(`^${name}`));

  // Status: one that wants a reason.
  const status = page.getByRole('combobox', { name: 'Status' });
  await expect(status).toHaveValue('New');
  await status.click();
  await page.getByRole('option', { name: 'Open', exact: true }).click();
  await expect(status).toHaveValue('Open');
  await status.click();
  await page.getByRole('option', { name: 'No reply needed' }).click();
  const reason = page.getByRole('textbox', { name: /Why does it need no reply/ });
  await expect(reason).toBeFocused();
  await expectAccessible(page, 'asking for a reason');
  await reason.fill('Solved on the phone.');
  await page.getByRole('button', { name: 'Change status' }).click();
  await expect(status).toHaveValue('No reply needed');
  await expect(page.getByRole('dialog')).toBeHidden();

  // Note, by keyboard.
  await page.getByRole('heading', { level: 1 }).focus();
  await page.keyboard.press('n');
  await expect(page.getByRole('textbox', { name: 'Add a note' })).toBeFocused();
  await page.keyboard.type('Called Quinn <b>today</b>.');
  await page.keyboard.press('Control+Enter');
  await expect(page.getByRole('region', { name: 'Notes' }).getByRole('listitem').filter({ hasText: 'Called Quinn <b>today</b>.' })).toBeVisible();
  await expect(page.getByRole('textbox', { name: 'Add a note' })).toHaveValue('');

  // History: all of it in words, and still there after a reload.
  await page.reload();
  const history = page.getByRole('region', { name: 'History' });
  await expect(history).toContainText('Reached the inbox');
  await expect(history).toContainText(/Assigned to/);
  await expect(history).toContainText(`to ${name}`);
  await expect(history).toContainText('Status changed from New to Open');
  await expect(history).toContainText('Status changed from Open to No reply needed');
  await expect(history).toContainText('Solved on the phone.');
  await expect(history).toContainText('Note added');
  await expectAccessible(page, 'review after triage');
});

test('the morning round needs no mouse', async ({ page, practice, site }) => {
  await practice.arrive(
    site,
    { author: 'First Example', rating: 2, text: 'Waited an hour past my appointment.' },
    { author: 'Second Example', rating: 5, text: 'Dr. Example explained everything.' },
    { author: 'Third Example', rating: 4, text: 'Easy to book online.' },
  );
  await page.goto(`/inbox?site=${site}&sort=rating`);
  await expect(rows(page)).toHaveCount(3);

  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keys and help' })).toBeVisible();
  await expectAccessible(page, 'help');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();

  await page.keyboard.press('j');
  await expect(page.getByRole('link', { name: 'First Example' })).toBeFocused();
  await page.keyboard.press('j');
  await expect(page.getByRole('link', { name: 'Third Example' })).toBeFocused();
  await page.keyboard.press('k');
  await expect(page.getByRole('link', { name: 'First Example' })).toBeFocused();

  await page.keyboard.press('a');
  await expect(rows(page).first().getByRole('button', { name: 'Owner: me. Change' })).toBeVisible();
  await page.keyboard.press('e');
  await expect(page.getByRole('combobox', { name: 'Find a person' }).or(page.getByRole('textbox', { name: 'Find a person' }))).toBeFocused();
  await expectAccessible(page, 'owner picker');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
  await page.keyboard.press('s');
  await page.getByRole('dialog').getByRole('button', { name: 'Open', exact: true }).press('Enter');
  await expect(rows(page).first().getByRole('button', { name: 'Status: open. Change' })).toBeVisible();

  await page.getByRole('link', { name: 'First Example' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'First Example' })).toBeVisible();
  await page.keyboard.press('j');
  await expect(page.getByRole('heading', { level: 1, name: 'Third Example' })).toBeVisible();
  await page.keyboard.press('u');
  await expect(page).toHaveURL(new RegExp(`/inbox\\?site=${site}&sort=rating$`));
  await expect(rows(page)).toHaveCount(3);

  await page.keyboard.press('/');
  await expect(page.getByRole('searchbox')).toBeFocused();
  await page.keyboard.type('explain');
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page).locator('mark')).toHaveText('explained');
  await expect(page).toHaveURL(/q=explain/);
  await page.getByRole('button', { name: 'Clear the search' }).press('Enter');
  await expect(rows(page)).toHaveCount(3);
  await expect(page).not.toHaveURL(/q=/);
});
