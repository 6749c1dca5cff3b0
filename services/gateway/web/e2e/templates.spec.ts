import { expect, expectAccessible, expectFits, rows, test } from './fixtures';

test('a template is checked, kept, and begins a reply', async ({ page, practice, site }, info) => {
  const name = `Kind words ${info.project.name} ${Date.now().toString(36)}`;
  await page.goto('/settings/templates');
  await expect(page.getByRole('heading', { level: 1, name: 'Templates' })).toBeVisible();
  await page.getByRole('button', { name: 'Template', exact: true }).click();
  const form = page.getByRole('dialog', { name: 'A new template' });
  await form.getByLabel('Name').fill(name);
  const text = form.getByRole('textbox', { name: 'Reply', exact: true });
  await text.fill('Our records show that you missed your appointment.');
  await form.getByRole('button', { name: 'Save' }).click();
  await expect(form.getByText('The check stops this text')).toBeVisible();
  await expectAccessible(page, 'a template that is stopped');
  await expectFits(page, 'a template that is stopped');
  await text.fill('Thank you for the kind feedback. Anyone with a question can reach our office at ');
  await form.getByRole('group', { name: 'Put in a variable' }).getByRole('button', { name: 'phone' }).click();
  await expect(text).toHaveValue(/\{\{phone\}\}$/);
  await expect(text).toBeFocused();
  await form.getByRole('button', { name: 'Save' }).click();
  await expect(form).toBeHidden();
  await expect(page.getByRole('list', { name: 'Templates' }).getByText(name)).toBeVisible();
  await expectAccessible(page, 'templates');
  await expectFits(page, 'templates');

  await practice.arrive(site, { author: 'Tim Example', rating: 5, text: 'Friendly people at the desk.' });
  await page.goto(`/inbox?site=${site}`);
  await rows(page).first().getByRole('link').first().click();
  await expect(page.getByRole('heading', { level: 1, name: 'Tim Example' })).toBeVisible();
  const review = decodeURIComponent(new URL(page.url()).pathname.split('/').at(-1) ?? '');
  const offered = (await (await page.request.get(`/api/v1/reviews/${encodeURIComponent(review)}/suggestions`)).json()) as { items: { label: string; text: string }[] };
  expect(offered.items.map(({ label }) => label)).toContain(name);

  await page.goto('/settings/templates');
  await page.getByRole('button', { name: `Remove ${name}` }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await expect(page.getByRole('list', { name: 'Templates' }).getByText(name)).toBeHidden();
});
