import { running } from './bedside';
import { expect, expectAccessible, expectFits, rows, test } from './fixtures';

test('a rule is tried, saved, followed by new reviews, and taken back', async ({ page, practice, site }) => {
  const locations = (await (await page.request.get('/api/v1/locations')).json()) as { items: { id: string; name: string }[] };
  const people = (await (await page.request.get('/api/v1/people')).json()) as { items: { name: string; role: string; active: boolean; location_ids: string[] }[] };
  // Only who covers the location is given the case.
  const here = locations.items.find(({ name }) => name === practice.locationName)?.id ?? '';
  const owner = people.items.filter(({ role, active, location_ids }) => active && role !== 'viewer' && location_ids.includes(here)).at(-1)?.name ?? '';
  await page.goto('/settings/follow-up');
  await expect(page.getByRole('heading', { level: 1, name: 'Follow-up' })).toBeVisible();
  await expect(page.getByRole('list', { name: 'Rules' }).getByRole('listitem').first()).toBeVisible();
  await expectAccessible(page, 'rules');
  await expectFits(page, 'rules');

  // A rule of its own, before the others.
  await page.getByRole('button', { name: /^Change the rule/ }).first().click();
  await page.getByRole('menuitem', { name: 'Add a rule below' }).click();
  const form = page.getByRole('dialog', { name: 'A new rule' });
  await form.getByLabel('Name', { exact: true }).fill(site);
  await form.getByRole('combobox', { name: 'It says' }).fill('doorbell');
  await page.keyboard.press('Enter');
  await form.getByRole('combobox', { name: 'Who gets it' }).click();
  await form.getByRole('option', { name: 'One person' }).click();
  await form.getByRole('combobox', { name: 'Person', exact: true }).click();
  await form.getByRole('option', { name: owner }).click();
  await expect(form.getByText(/If it says “doorbell”/)).toBeVisible();
  await expectAccessible(page, 'the form of a rule');
  await expectFits(page, 'the form of a rule');
  await form.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByText('Not saved yet')).toBeVisible();
  for (let n = 0; n < 6; n++) {
    await page.getByRole('button', { name: `Change the rule: ${site}` }).click();
    const menu = page.getByRole('menu', { name: `Change the rule: ${site}` });
    await expect(menu.getByRole('menuitem', { name: 'Edit' })).toBeVisible();
    const up = menu.getByRole('menuitem', { name: 'Move up' });
    if (!(await up.isVisible())) {
      await page.keyboard.press('Escape');
      break;
    }
    await up.click();
  }

  await page.getByRole('button', { name: 'Try and save' }).click();
  const dialog = page.getByRole('dialog', { name: 'Try it, then save it' });
  await expect(dialog.getByText(/Of the last|All of the last|There are no reviews/)).toBeVisible();
  await expectAccessible(page, 'the trial');
  await expectFits(page, 'the trial');
  await dialog.getByLabel('What did you change, and why?').fill(`A try of ${site}`);
  await dialog.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByText(`A try of ${site}`)).toBeVisible();

  await expect(async () => {
    // A stored plan is followed within seconds.
    await practice.arrive(site, { author: 'Door Example', rating: 3, text: 'The doorbell was broken.' });
    await page.goto(`/inbox?site=${site}`);
    await expect(rows(page).first().getByRole('button', { name: `Owner: ${owner}. Change` })).toBeVisible({ timeout: 4000 });
  }).toPass({ timeout: 60_000 });

  await page.goto('/settings/follow-up');
  await page.getByRole('button', { name: `Change the rule: ${site}` }).click();
  await page.getByRole('menuitem', { name: 'Remove' }).click();
  await page.getByRole('button', { name: 'Try and save' }).click();
  await dialog.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(dialog).toBeHidden();
  await page.getByRole('tab', { name: 'History' }).click();
  await expect(page.getByRole('list', { name: 'Versions' }).getByText(`A try of ${site}`)).toBeVisible();
  await expectAccessible(page, 'the history of the plan');
});

test('a fault is shown at its place, and somebody else’s change is not overwritten', async ({ page }, info) => {
  await page.goto('/settings/follow-up');
  await page.getByRole('tab', { name: 'Text' }).click();
  const text = page.getByRole('textbox', { name: 'The plan as YAML' });
  const before = await text.inputValue();
  await text.fill(before.replace(/^tree:\n/m, 'tree:\n  sla: nothing-of-this-name\n').replace(/^( {2}sla: )(?!nothing).*\n/m, ''));
  await expect(page.getByText(/nothing-of-this-name/).last()).toBeVisible();
  await expect(page.getByText('1 thing to put right')).toBeVisible();
  await expectAccessible(page, 'the plan as text');
  await expectFits(page, 'the plan as text');
  await page.getByRole('button', { name: 'Try and save' }).click();
  await expect(page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true })).toBeDisabled();
  await page.getByRole('button', { name: 'Go on editing' }).click();

  const mine = `# ${info.project.name} ${Date.now()}\n${before}`;
  await text.fill(mine);
  // Meanwhile somebody saves another version.
  const plan = (await (await page.request.get('/api/v1/routing')).json()) as { version: number; yaml: string };
  const saved = await page.request.put('/api/v1/routing', { headers: { Origin: running().url }, data: { version: plan.version, yaml: `# theirs ${info.project.name} ${Date.now()}\n${before}` } });
  expect(saved.status(), await saved.text()).toBe(200);
  await page.getByRole('button', { name: 'Try and save' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText('Somebody else changed the plan meanwhile')).toBeVisible();
  await expectAccessible(page, 'a conflict of plans');
  await page.getByRole('button', { name: 'Take theirs, drop mine' }).click();
  await expect(page.getByRole('textbox', { name: 'The plan as YAML' })).toHaveValue(/^# theirs/);
});

test('teams, times and calendars are set in forms', async ({ page }) => {
  await page.goto('/settings/follow-up');
  await page.getByRole('tab', { name: 'Teams' }).click();
  await page.getByRole('button', { name: 'Team', exact: true }).click();
  await page.getByLabel('Team', { exact: true }).last().fill('Front desk');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('combobox', { name: 'Members of front-desk' })).toBeVisible();
  await expect(page.getByRole('tab', { name: /Teams \(\d+ fault/ })).toBeVisible();
  await expectAccessible(page, 'teams');
  await expectFits(page, 'teams');
  await page.getByRole('tab', { name: 'Times' }).click();
  await page.getByRole('button', { name: 'Calendar', exact: true }).click();
  await page.getByLabel('Wednesday').fill('8-12');
  await expect(page.getByText('Write it like 08:00-12:00, 13:00-17:00.')).toBeVisible();
  await page.getByLabel('Wednesday').fill('8:00-12:00');
  await page.getByRole('button', { name: 'Holiday' }).click();
  await page.getByLabel('On', { exact: true }).fill('4th thu nov');
  await expectAccessible(page, 'times');
  await expectFits(page, 'times');
  await page.getByRole('tab', { name: 'Text' }).click();
  await expect(page.getByRole('textbox', { name: 'The plan as YAML' })).toHaveValue(/wed: \["08:00-12:00"\]/);
  await page.getByRole('button', { name: 'Discard' }).click();
  await expect(page.getByText('Not saved yet')).toBeHidden();
});
