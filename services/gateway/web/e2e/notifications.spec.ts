import { running } from './bedside';
import { expect, expectAccessible, expectFits, rows, test } from './fixtures';

test('what is mine and due rings the bell, and is read by opening it', async ({ page, practice, site }) => {
  await page.goto('/inbox');
  const bell = page.getByRole('button', { name: /^Notifications/ });
  await expect(bell).toBeVisible();
  if (await page.getByRole('button', { name: /^Notifications, \d+ unread$/ }).isVisible()) {
    await bell.click();
    await page.getByRole('button', { name: 'Mark all as read' }).click();
    await expect(page.getByRole('button', { name: 'Notifications', exact: true })).toBeVisible();
    await page.keyboard.press('Escape');
  }
  await practice.arrive(site, { author: 'Bell Example', rating: 2, text: 'The room was cold.' });
  await page.goto(`/inbox?site=${site}`);
  await expect(rows(page)).toHaveCount(1);
  await rows(page).first().getByRole('link').first().click();
  await expect(page.getByRole('heading', { level: 1, name: 'Bell Example' })).toBeVisible();
  // A promise of mine that is due in a moment; Bedside tells its owner by itself.
  const review = new URL(page.url()).pathname.split('/').at(-1) ?? '';
  const made = await page.request.post(`/api/v1/reviews/${review}/commitments`, { headers: { Origin: running().url }, data: { text: 'Call back', owner_id: 'me', due_at: new Date(Date.now() + 60_000).toISOString() } });
  expect(made.ok(), await made.text()).toBe(true);
  await page.goto('/inbox');
  await expect(page.getByRole('button', { name: /^Notifications, \d+ unread$/ })).toBeVisible({ timeout: 90_000 });

  await bell.click();
  const list = page.getByRole('list', { name: 'Latest notifications' });
  await expect(list.getByRole('link').first()).toContainText('Unread');
  await expectAccessible(page, 'the bell');
  await expectFits(page, 'the bell');
  const title = (await list.getByRole('link').first().innerText()).split('\n')[0] ?? '';
  expect(title).not.toContain('cold');
  await list.getByRole('link').first().click();
  await expect(page.getByRole('heading', { level: 1, name: 'Bell Example' })).toBeVisible();
  await page.goto('/notifications');
  await expect(page.getByRole('list', { name: 'All notifications' }).getByRole('link').first()).toBeVisible();
  await expectAccessible(page, 'notifications');
  await expectFits(page, 'notifications');
  if (await page.getByRole('button', { name: 'Mark all as read' }).isVisible()) await page.getByRole('button', { name: 'Mark all as read' }).click();
  await expect(page.getByRole('button', { name: 'Notifications', exact: true })).toBeVisible();
});

test('what I am told and when is mine to set', async ({ page }) => {
  await page.goto('/settings/notifications');
  await page.getByRole('combobox', { name: 'E-mail' }).click();
  await page.getByRole('option', { name: 'Once a day' }).click();
  await page.getByLabel('Daily at').fill('06:45');
  const mention = page.getByRole('checkbox', { name: 'A note names me' });
  await mention.click();
  await expectAccessible(page, 'notification settings');
  await expectFits(page, 'notification settings');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Your settings are saved.')).toBeVisible();
  const checked = await mention.isChecked();
  await page.reload();
  await expect(page.getByLabel('Daily at')).toHaveValue('06:45');
  await expect(mention).toBeChecked({ checked });
});

test('a channel of a webhook shows its secret once', async ({ page }, info) => {
  const name = `hook-${info.project.name}-${Date.now().toString(36)}`;
  await page.goto('/settings/channels');
  await page.getByRole('button', { name: 'Channel', exact: true }).click();
  const form = page.getByRole('dialog', { name: 'A new channel' });
  await form.getByRole('combobox', { name: 'Kind' }).click();
  await form.getByRole('option', { name: 'Webhook' }).click();
  await form.getByRole('button', { name: 'Save' }).click();
  await expect(form).toContainText('Say where it goes.');
  await form.getByLabel('Name').fill(name);
  await form.getByLabel('Address').fill('https://hooks.example.com/bedside');
  await expectAccessible(page, 'a new channel');
  await form.getByRole('button', { name: 'Save' }).click();
  const secret = page.getByRole('dialog', { name: `The secret of #${name}` });
  await expect(secret.getByText(/^whsec_/)).toBeVisible();
  await expectAccessible(page, 'the secret of a channel');
  await expectFits(page, 'the secret of a channel');
  await secret.getByRole('button', { name: 'I have kept it' }).click();
  await expect(page.getByRole('list', { name: 'Channels' })).toContainText(`#${name}`);
  await expect(page.getByText(/whsec_/)).toBeHidden();
  await expectFits(page, 'channels');
  await page.getByRole('button', { name: `Remove ${name}` }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await expect(page.getByText(`#${name} is gone.`)).toBeVisible();
});

test('out of office is set with a deputy, and ends', async ({ page }) => {
  await page.goto('/settings/people');
  await expect(page.getByRole('list', { name: 'People' }).getByRole('listitem').first()).toBeVisible();
  await expectAccessible(page, 'people');
  await expectFits(page, 'people');
  await page.getByRole('button', { name: 'Out of office: me' }).click();
  const form = page.getByRole('dialog');
  await form.getByLabel('Last day').fill('2099-01-04');
  await form.getByRole('combobox', { name: 'Deputy' }).click();
  await page.getByRole('option').first().click();
  await expectAccessible(page, 'out of office');
  await form.getByRole('button', { name: 'Save' }).click();
  await expect(form).toBeHidden();
  await expect(page.getByText('Out of office', { exact: true }).first()).toBeVisible();
  await expect(page.getByText(/until Jan 4, 2099.*deputy is/)).toBeVisible();
  await page.getByRole('button', { name: 'I am back' }).click();
  await expect(page.getByRole('button', { name: 'Out of office: me' })).toBeVisible();
});
