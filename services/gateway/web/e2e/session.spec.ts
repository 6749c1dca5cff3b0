import { running } from './bedside';
import { expect, expectAccessible, expectFits, test } from './fixtures';

test.use({ storageState: { cookies: [], origins: [] } });

test('signing in leads back to the page that was asked for, and signing out ends it', async ({ page }) => {
  const { email, password } = running();
  await page.goto('/inbox?status=new');
  await expect(page.getByRole('heading', { name: 'Sign in to Bedside' })).toBeVisible();
  await expect(page).toHaveURL(/\/sign-in\?next=%2Finbox%3Fstatus%3Dnew$/);
  await expectAccessible(page, 'sign-in');
  await expectFits(page, 'sign-in');

  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password', { exact: true }).fill('not the password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await expect(page.getByLabel('Password', { exact: true })).toBeFocused();
  await expectAccessible(page, 'sign-in that failed');

  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/inbox\?status=new$/);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('New');

  await page.getByRole('button', { name: /^Account of/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in to Bedside' })).toBeVisible();
  expect((await page.request.get('/api/v1/me')).status()).toBe(401);
  await page.goto('/sources/listings');
  await expect(page.getByRole('heading', { name: 'Sign in to Bedside' })).toBeVisible();
});

test('a session that ends while the page is open leads to signing in and back', async ({ page }) => {
  const { email, password } = running();
  await page.goto('/sign-in');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(/\/inbox/);
  await page.goto('/sources/imports');
  await expect(page.getByRole('heading', { level: 1, name: 'Imports' })).toBeVisible();
  // Ended from elsewhere: the browser still has its cookie, the server no longer knows it.
  expect((await page.request.delete('/api/v1/session', { headers: { Origin: running().url } })).status()).toBe(204);
  // Whatever asks the server next, this click or the page itself, finds out.
  await page.getByRole('link', { name: 'Listings' }).click({ timeout: 5000 }).catch(() => undefined);
  await expect(page.getByText('Your session has ended')).toBeVisible();
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(/\/sources\/(listings|imports)$/);
  await expect(page.getByRole('heading', { level: 1, name: /^(Listings|Imports)$/ })).toBeVisible();
});
