import { request, type Browser, type Page } from '@playwright/test';
import { running } from './bedside';
import { expect, expectAccessible, expectFits, rows, test } from './fixtures';

/** A window of somebody of the demo practice, with a session of its own. */
async function windowOf(browser: Browser, person: string, size: { width: number; height: number }): Promise<Page> {
  const { url, password } = running();
  const api = await request.newContext({ baseURL: url });
  const answer = await api.post('/api/v1/session', { data: { email: `${person}@lakeside.example`, password } });
  expect(answer.status(), `${person} signs in`).toBeLessThan(300);
  const storageState = await api.storageState();
  await api.dispose();
  const context = await browser.newContext({ baseURL: url, storageState, viewport: size, locale: 'en-US', timezoneId: 'America/New_York' });
  return context.newPage();
}

/** A review on the simulated Google that nobody has answered, at a place of the given people. */
async function unanswered(page: Page, offset: number): Promise<string> {
  const found = await page.request.get('/api/v1/reviews', { params: { site: 'google', status: 'new', limit: 200 } });
  const { items } = (await found.json()) as { items: { id: string; location_id: string; text: string; removed: boolean; case: { draft_state?: string; publication_state?: string } }[] };
  const free = items.filter((r) => r.text && !r.removed && !r.case.draft_state && !r.case.publication_state && r.location_id.includes('harbor-eye'));
  const review = free[offset] ?? items.filter((r) => !r.case.draft_state && !r.case.publication_state)[offset];
  if (!review) throw new Error('the demo has no unanswered review on Google');
  return review.id;
}

/** Replies that are not alike: the check tells of one that was used before, and both window sizes share a Bedside. */
const replies = {
  wide: 'Thank you for taking the time to write. Our office manager reads every review and would like to hear more: please call the desk.',
  narrow: 'We aim to see everyone on time and are working on a better schedule this season. Anyone with a question is welcome to call our front desk.',
};
const field = (page: Page) => page.getByLabel('Public reply');

test('a reply is drafted, mended, approved, published and seen on the site', async ({ page, browser, viewport, narrow }) => {
  const good = narrow ? replies.narrow : replies.wide;
  const size = viewport ?? { width: 1280, height: 800 };
  await page.goto('/inbox');
  const id = await unanswered(page, narrow ? 1 : 0);
  const ana = await windowOf(browser, 'ana.ruiz', size);
  await ana.goto(`/reviews/${id}`);

  // What must not be public is found while it is written, and mended with one press.
  await field(ana).fill(`Thank you for visiting us last Tuesday. ${good}`);
  const findings = ana.getByRole('list', { name: 'What the check found' });
  await expect(findings.getByRole('listitem').first()).toBeVisible();
  await expectAccessible(ana, 'a draft with findings');
  await expectFits(ana, 'a draft with findings');
  await findings.getByRole('button', { name: 'Take the sentence out' }).first().click();
  await expect(field(ana)).toHaveValue(good);
  await expect(ana.getByText('Nothing was found that must stay private.')).toBeVisible();
  await expect(ana.getByText(/^Saved .* by you$/)).toBeVisible();
  await expect(ana.getByText(/of 4,096 bytes for Google/)).toBeVisible();

  await ana.getByRole('button', { name: 'Ask for approval' }).click();
  await expect(ana.getByText('Somebody else has to approve what you wrote or submitted.')).toBeVisible();
  await expect(ana.getByRole('combobox', { name: 'Status' })).toHaveValue('Waiting for approval');
  await expect(ana.getByRole('button', { name: 'Approve', exact: true })).toHaveCount(0);

  // Another person returns it, gets it again, approves and publishes.
  const priya = await windowOf(browser, 'priya.raman', size);
  await priya.goto(`/reviews/${id}`);
  await priya.getByRole('button', { name: 'Return with a comment' }).click();
  await priya.getByRole('dialog').getByRole('textbox', { name: 'Comment' }).fill('Please thank them by name.');
  await expectAccessible(priya, 'returning a draft');
  await priya.getByRole('button', { name: 'Return it' }).click();
  await expect(ana.getByRole('region', { name: 'Reply' }).getByText('Please thank them by name.')).toBeVisible();
  await field(ana).fill(`Hello. ${good}`);
  await expect(ana.getByText(/^Saved .* by you$/)).toBeVisible();
  await ana.getByRole('button', { name: 'Ask for approval' }).click();
  await priya.getByRole('button', { name: 'Approve', exact: true }).click();
  await expect(priya.getByText(/Approved by Priya Raman/)).toBeVisible();

  // Taken back in time, then let go.
  await priya.getByRole('button', { name: 'Publish on Google' }).click();
  await expect(priya.getByText(/Leaves in \d+ seconds?/)).toBeVisible();
  await expectAccessible(priya, 'a reply that can be taken back');
  await expectFits(priya, 'a reply that can be taken back');
  await priya.getByRole('button', { name: 'Undo', exact: true }).first().click();
  await expect(priya.getByRole('button', { name: 'Publish on Google' })).toBeVisible();
  await expect(field(priya)).toHaveValue(`Hello. ${good}`);
  await priya.getByRole('button', { name: 'Publish on Google' }).click();
  await expect(priya.getByText('Public on Google')).toBeVisible({ timeout: 60_000 });
  await expect(priya.getByRole('combobox', { name: 'Status' })).toHaveValue('Replied');
  await expect(priya.getByRole('region', { name: 'History' })).toContainText('Reply taken back before it left');
  await expect(priya.getByRole('region', { name: 'History' })).toContainText('The site took the reply');
  // It came back with what is read from the site.
  await expect(priya.getByRole('region', { name: 'History' })).toContainText('A reply was seen on the site');
  await expectAccessible(priya, 'a published reply');
  await ana.context().close();
  await priya.context().close();
});

test('two people who write one reply lose nothing', async ({ page, browser, practice, site, viewport }) => {
  await practice.arrive(site, { author: 'Toni Example', rating: 2, text: 'The phone rang for ages before anybody answered.' });
  await page.goto(`/inbox?site=${site}`);
  await rows(page).first().getByRole('link', { name: 'Toni Example' }).click();
  await expect(field(page)).toBeVisible();
  const other = await windowOf(browser, 'daniel.okafor', viewport ?? { width: 1280, height: 800 });
  await other.goto(page.url());
  await field(other).fill('We are sorry to read this. Our desk has a second line now.');
  // While it is unsaved elsewhere too: each window has words of its own.
  await field(page).fill('Thank you for writing. Please call our office manager.');
  await expect.poll(async () => (await page.getByRole('dialog', { name: /Somebody else changed/ }).count()) + (await other.getByRole('dialog', { name: /Somebody else changed/ }).count())).toBe(1);
  const loser = (await page.getByRole('dialog').count()) ? page : other;
  const winner = loser === page ? other : page;
  await expect(loser.getByRole('region', { name: 'Yours' })).toContainText(await field(loser).inputValue());
  await expect(loser.getByRole('region', { name: /Saved by/ })).toContainText(await field(winner).inputValue());
  await expectAccessible(loser, 'two texts of one reply');
  await expectFits(loser, 'two texts of one reply');
  const kept = await field(loser).inputValue();
  const lost = await field(winner).inputValue();
  await loser.getByRole('button', { name: 'Keep mine' }).click();
  await expect(loser.getByText(/^Saved .* by you$/)).toBeVisible();
  // The other window follows, and the text that was not taken is among the earlier versions.
  await expect(field(winner)).toHaveValue(kept);
  await loser.getByText(/earlier version.* of the draft/).click();
  await expect(loser.getByRole('listitem').filter({ hasText: lost })).toBeVisible();
  await loser.getByRole('button', { name: /^Restore version/ }).last().click();
  await expect(field(loser)).toHaveValue(lost);

  // Thrown away and brought back.
  await expect(loser.getByText(/^Saved .* by you$/)).toBeVisible();
  await loser.getByRole('button', { name: 'Throw away' }).click();
  await expect(field(loser)).toHaveValue('');
  await loser.getByRole('button', { name: 'Undo' }).last().click();
  await expect(field(loser)).toHaveValue(lost);
  await expect(loser.getByRole('dialog')).toHaveCount(0);
  await other.context().close();
});

test('a reply begins from a suggestion and goes by hand where the site takes none', async ({ page, practice, site }) => {
  await practice.arrive(site, { author: 'Uma Example', rating: 1, text: 'Rude front desk and a wrong bill. I waited an hour.' });
  await page.goto(`/inbox?site=${site}`);
  await rows(page).first().getByRole('link', { name: 'Uma Example' }).click();
  await page.getByRole('button', { name: 'Start from' }).click();
  const suggestions = page.getByRole('dialog', { name: 'Start from' });
  await expect(suggestions.getByRole('region', { name: 'Suggestions' }).getByRole('button').first()).toBeVisible();
  await expectAccessible(page, 'replies to begin with');
  await expectFits(page, 'replies to begin with');
  await suggestions.getByRole('region', { name: 'Suggestions' }).getByRole('button').first().click();
  await expect(field(page)).not.toHaveValue('');
  const publish = page.getByRole('button', { name: /^Publish on / });
  await expect(publish.or(page.getByText('Another person approves this reply'))).not.toHaveCount(0);
  if (!(await publish.count())) return;
  await publish.click();
  await expect(page.getByRole('button', { name: 'I have pasted it' })).toBeVisible();
  await expectAccessible(page, 'a reply that goes by hand');
  await expectFits(page, 'a reply that goes by hand');
  await page.getByRole('button', { name: 'I have pasted it' }).click();
  await expect(page.getByText(/Waiting to see it on/)).toBeVisible();
});

test('something is promised and kept, and a case sleeps until tomorrow', async ({ page, practice, site }) => {
  await practice.arrive(site, { author: 'Vic Example', rating: 2, text: 'Nobody called me back about the bill.' });
  await page.goto(`/inbox?site=${site}`);
  await rows(page).first().getByRole('link', { name: 'Vic Example' }).click();
  await page.getByRole('button', { name: 'Promise something' }).click();
  const dialog = page.getByRole('dialog', { name: 'Promise something' });
  await dialog.getByRole('textbox', { name: 'What is promised?' }).fill('Call back about the bill');
  await dialog.getByRole('button', { name: 'Tomorrow' }).click();
  await expectAccessible(page, 'promising something');
  await expectFits(page, 'promising something');
  await dialog.getByRole('button', { name: 'Promise it' }).click();
  const promises = page.getByRole('region', { name: 'Promises' });
  await expect(promises.getByRole('listitem')).toContainText('Call back about the bill');
  await promises.getByRole('button', { name: /^Kept/ }).click();
  await expect(promises.getByRole('button', { name: /^Open again/ })).toBeVisible();
  await expect(page.getByRole('region', { name: 'History' })).toContainText('Promise kept');

  await page.getByRole('button', { name: 'Snooze', exact: true }).click();
  await page.getByRole('menuitem', { name: /^Tomorrow/ }).click();
  await expect(page.getByText(/^Snoozed until .* (E|C|M|P)[SD]T|^Snoozed until .*/).first()).toBeVisible();
  await expectAccessible(page, 'a snoozed case');
  await page.goto(`/inbox?site=${site}`);
  await expect(page.getByText('No reviews match')).toBeVisible();
  await page.goto(`/inbox?site=${site}&snoozed=true`);
  await expect(rows(page)).toHaveCount(1);
  await rows(page).first().getByRole('link', { name: 'Vic Example' }).click();
  await page.getByRole('button', { name: 'Show again now' }).click();
  await expect(page.getByRole('button', { name: 'Snooze', exact: true })).toBeVisible();
});
