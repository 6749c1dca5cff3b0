import { expect, test } from 'vitest';
import { calendarWords, dateFault, hoursFault, intervalsOf, withHours } from './calendar';
import { durationOf, durationWords, lengthOf, minutesOf } from './durations';
import { faultsIn, faultsOfNode, moved, nodeAt, partOf, pathOf, renamed, tidy, withAdded, withoutNode, type Plan, type PlanNode } from './plan';
import { either, sentence, stepWords, type Names } from './sentences';
import { toYAML } from './yaml';

const tree: PlanNode = { name: 'all', routes: [{ name: 'a', routes: [{ name: 'a1' }] }, { name: 'b' }, { name: 'c' }] };
const shape = (node: PlanNode): unknown => [node.name, ...(node.routes ?? []).map(shape)];
const names: Names = { location: (id) => `L ${id}`, person: (id) => `P ${id}`, topic: (key) => (key === 'billing' ? 'Billing' : key), site: (id) => `S ${id}`, flag: (flag) => `Flag ${flag}` };

test('a node is added, moved each way and removed without touching the others', () => {
  expect(shape(withAdded(tree, [0], { name: 'new' }))).toEqual(['all', ['a', ['a1'], ['new']], ['b'], ['c']]);
  expect(shape(withAdded(tree, [], { name: 'new' }, 0))).toEqual(['all', ['new'], ['a', ['a1']], ['b'], ['c']]);
  expect(shape(moved(tree, [2], 'up')?.tree ?? {})).toEqual(['all', ['a', ['a1']], ['c'], ['b']]);
  expect(shape(moved(tree, [0], 'down')?.tree ?? {})).toEqual(['all', ['b'], ['a', ['a1']], ['c']]);
  const inside = moved(tree, [1], 'in');
  expect(shape(inside?.tree ?? {})).toEqual(['all', ['a', ['a1'], ['b']], ['c']]);
  expect(inside?.place).toEqual([0, 1]);
  const out = moved(tree, [0, 0], 'out');
  expect(shape(out?.tree ?? {})).toEqual(['all', ['a'], ['a1'], ['b'], ['c']]);
  expect(nodeAt(out?.tree ?? {}, out?.place ?? [])?.name).toBe('a1');
  expect(shape(withoutNode(tree, [0]))).toEqual(['all', ['b'], ['c']]);
  expect(shape(tree)).toEqual(['all', ['a', ['a1']], ['b'], ['c']]);
});

test('moves that lead nowhere are none', () => {
  expect(moved(tree, [], 'up')).toBeNull();
  expect(moved(tree, [0], 'up')).toBeNull();
  expect(moved(tree, [2], 'down')).toBeNull();
  expect(moved(tree, [0], 'in')).toBeNull();
  expect(moved(tree, [1], 'out')).toBeNull();
  expect(withoutNode(tree, [])).toBe(tree);
});

test('faults are found at their place and not at the ones beside it', () => {
  const faults = [
    { path: 'tree.routes[0].sla', detail: '' },
    { path: 'tree.routes[0].routes[1].owner', detail: '' },
    { path: 'tree.routes[10].sla', detail: '' },
    { path: 'policies.soon.first_reply', detail: '' },
    { path: 'policies.sooner', detail: '' },
    { path: '', detail: '' },
  ];
  expect(faultsOfNode(faults, [0]).map((f) => f.path)).toEqual(['tree.routes[0].sla']);
  expect(faultsOfNode(faults, [])).toEqual([]);
  expect(faultsIn(faults, 'tree.routes[0]')).toHaveLength(2);
  expect(faultsIn(faults, 'tree.routes[1]')).toHaveLength(0);
  expect(faultsIn(faults, 'policies.soon')).toHaveLength(1);
  expect(faults.map((f) => partOf(f.path))).toEqual(['tree', 'tree', 'tree', 'times', 'times', 'text']);
  expect(pathOf([0, 2])).toBe('tree.routes[0].routes[2]');
});

test('a node is said in a sentence', () => {
  expect(sentence({ match: { topics: ['billing:negative'], rating_max: 2 }, owner: { team: 'front-desk' }, sla: 'critical', approval: true, notify: ['money'] }, names)).toEqual({
    when: 'If the topic is Billing (negative) and it has 2 stars or less',
    then: 'who has the least to do of team front-desk, time critical, needs approval, tells #money',
  });
  expect(sentence({ routes: [{}] }, names)).toEqual({ when: 'Every review', then: 'as the rules below say' });
  expect(sentence({ match: { urgent: ['any'], languages: ['es'], text: ['refund*'] }, owner: { person: 'p1' }, continue: true }, names)).toEqual({
    when: 'If it is urgent, it is in Spanish and it says “refund*”',
    then: 'P p1; and the rules after it are looked at too',
  });
  expect(sentence({ match: { rating_min: 5, rating_max: 5 } }, names).when).toBe('If it has 5 stars');
  expect(sentence({ match: { unrated: true } }, names).when).toBe('If it has no rating');
  expect(either(['a', 'b', 'c'])).toBe('a, b or c');
  expect(stepWords({ after: '4h', to: 'team:directors', priority: 'urgent' }, names)).toBe('4 hours after it is due: to team directors, urgent priority');
  expect(stepWords({ to: 'person:a@b' }, names)).toBe('As soon as it is overdue: to P a@b');
});

test('durations are read and written in the unit that fits', () => {
  expect([minutesOf('1d12h'), minutesOf('90m'), minutesOf('0'), minutesOf(undefined), minutesOf('soon')]).toEqual([2160, 90, 0, 0, null]);
  expect(lengthOf('1d')).toEqual({ n: 24, unit: 'h' });
  expect(lengthOf('3d')).toEqual({ n: 3, unit: 'd' });
  expect(lengthOf('1h30m')).toEqual({ n: 90, unit: 'm' });
  expect(durationOf({ n: 8, unit: 'h' })).toBe('8h');
  expect([durationWords('1h'), durationWords('1h30m'), durationWords('3d'), durationWords('40h')]).toEqual(['1 hour', '1 hour and 30 minutes', '3 days', '40 hours']);
});

test('the hours of a week are read, with lunch', () => {
  expect(intervalsOf('8:00 – 12:00, 13:00-17:00')).toEqual(['08:00-12:00', '13:00-17:00']);
  expect([hoursFault(''), hoursFault('closed'), hoursFault('22:00-06:00'), hoursFault('00:00-24:00')]).toEqual(['', '', '', '']);
  expect(hoursFault('8 to 5')).not.toBe('');
  const office = withHours({ time_zone: 'America/Chicago' }, ['08:00-12:00, 13:00-17:00', '08:00-12:00, 13:00-17:00', '', '', '08:00-12:00', '', '']);
  expect(office).toEqual({ time_zone: 'America/Chicago', hours: { mon: ['08:00-12:00', '13:00-17:00'], tue: ['08:00-12:00', '13:00-17:00'], fri: ['08:00-12:00'] } });
  expect(calendarWords(office)).toBe('Mon–Tue 08:00-12:00, 13:00-17:00; Wed–Thu closed; Fri 08:00-12:00; Sat–Sun closed');
  expect(calendarWords({})).toBe('Always open');
  expect(['2026-12-24', '12-25', '4th thu nov', 'last mon may'].map(dateFault)).toEqual(['', '', '', '']);
  expect(dateFault('Christmas')).not.toBe('');
});

test('a name is changed wherever it is used', () => {
  const plan: Plan = { teams: { desk: { members: ['a'] } }, policies: { soon: { calendar: 'office', escalation: [{ to: 'team:desk' }] } }, calendars: { office: {} }, tree: { owner: { team: 'desk' }, routes: [{ sla: 'soon', owner: { team: 'desk' } }] } };
  const next = renamed(renamed(renamed(plan, 'teams', 'desk', 'front'), 'policies', 'soon', 'fast'), 'calendars', 'office', 'clinic');
  expect(next).toEqual({ teams: { front: { members: ['a'] } }, policies: { fast: { calendar: 'clinic', escalation: [{ to: 'team:front' }] } }, calendars: { clinic: {} }, tree: { owner: { team: 'front' }, routes: [{ sla: 'fast', owner: { team: 'front' } }] } });
});

test('what says nothing is left out, what says no or none is kept', () => {
  expect(tidy({ name: '', match: { topics: [], unrated: undefined }, approval: false, routes: [{ owner: { team: '' } }] })).toEqual({ approval: false, routes: [{}] });
});

test('a plan is written as YAML that means the same', () => {
  expect(toYAML({ teams: { 'front desk': { members: ['a@b.example', '*x'] } }, tree: { name: 'yes', approval: false, match: { text: ['re: fund'] }, routes: [{ sla: 'soon', routes: [{ name: 'in' }] }, {}] } })).toBe(
    ['teams:', '  front desk:', '    members: [a@b.example, "*x"]', 'tree:', '  name: "yes"', '  approval: false', '  match:', '    text: ["re: fund"]', '  routes:', '    - sla: soon', '      routes:', '        - name: in', '    - {}', ''].join('\n'),
  );
});
