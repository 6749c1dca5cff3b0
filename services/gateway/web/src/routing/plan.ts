import type { Polarity, UrgentFlag } from '../api/types';
import type { components } from '../api/schema.gen';

/** The shape of a routing plan, which docs/routing.md describes; the API carries it as an open object. */
export type Priority = components['schemas']['Priority'];
export type RoutingPlan = components['schemas']['RoutingPlan'];
export type RoutingFault = components['schemas']['RoutingFault'];
export type RoutingTrialResult = components['schemas']['RoutingTrialResult'];
export type RoutingOutcome = components['schemas']['RoutingOutcome'];

export type Strategy = 'person' | 'least_loaded' | 'round_robin' | 'location_manager' | 'mentioned_manager';
export type Match = {
  locations?: string[];
  regions?: string[];
  sites?: string[];
  topics?: string[];
  polarity?: Polarity[];
  rating_min?: number;
  rating_max?: number;
  unrated?: boolean;
  urgent?: (UrgentFlag | 'any' | 'none')[];
  languages?: string[];
  mentions?: string[];
  text?: string[];
};
export type PlanOwner = { strategy?: Strategy; person?: string; team?: string };
export type PlanNode = {
  name?: string;
  match?: Match;
  continue?: boolean;
  owner?: PlanOwner;
  priority?: Priority;
  sla?: string;
  approval?: boolean;
  notify?: string[];
  routes?: PlanNode[];
};
export type Team = { members: string[] };
export type Provider = { name: string; aliases?: string[]; manager?: string };
export type Holiday = { date: string; until?: string; name?: string; hours?: string[] };
export type Calendar = { time_zone?: string; hours?: Record<string, string[]>; holidays?: Holiday[] };
export type Step = { after?: string; to?: string; priority?: Priority };
export type Policy = { first_reply?: string; next_step?: string; resolution?: string; soon_before?: string; calendar?: string; escalation?: Step[] };
export type Capacity = { cases?: number; per?: string; people?: Record<string, number> };
export type Plan = {
  root_causes?: string[];
  teams?: Record<string, Team>;
  providers?: Provider[];
  calendars?: Record<string, Calendar>;
  policies?: Record<string, Policy>;
  capacity?: Capacity;
  stale_after?: string;
  tree: PlanNode;
};

/** Where a node is: the index at each level below the root. The root's is empty. */
export type Place = readonly number[];

/** The plan as the API takes it. */
export const asBody = (plan: Plan): Record<string, unknown> => plan as unknown as Record<string, unknown>;

/** The plan of an answer. One that this program cannot read is one tree that takes everything. */
export function planOf(answer: Pick<RoutingPlan, 'plan'>): Plan {
  const plan = answer.plan as Partial<Plan>;
  return { ...plan, tree: plan.tree && typeof plan.tree === 'object' ? plan.tree : {} };
}

/** The API's name of a place: `tree.routes[0].routes[2]`. */
export const pathOf = (place: Place): string => 'tree' + place.map((i) => `.routes[${i}]`).join('');

export function nodeAt(tree: PlanNode, place: Place): PlanNode | undefined {
  return place.reduce<PlanNode | undefined>((node, i) => node?.routes?.[i], tree);
}

/** The tree with the node at a place changed; the same tree where there is no such place. */
export function withNode(tree: PlanNode, place: Place, change: (node: PlanNode) => PlanNode): PlanNode {
  const [first, ...rest] = place;
  if (first === undefined) return change(tree);
  const routes = tree.routes ?? [];
  if (!routes[first]) return tree;
  return { ...tree, routes: routes.map((node, i) => (i === first ? withNode(node, rest, change) : node)) };
}

/** Adds a node below a place, at the end or before an index. */
export function withAdded(tree: PlanNode, parent: Place, node: PlanNode, at = Number.POSITIVE_INFINITY): PlanNode {
  return withNode(tree, parent, (old) => {
    const routes = [...(old.routes ?? [])];
    routes.splice(Math.min(at, routes.length), 0, node);
    return { ...old, routes };
  });
}

/** The tree without a node and all below it. The root stays. */
export function withoutNode(tree: PlanNode, place: Place): PlanNode {
  const last = place.at(-1);
  if (last === undefined) return tree;
  return withNode(tree, place.slice(0, -1), (old) => withRoutes(old, (old.routes ?? []).filter((_node, i) => i !== last)));
}

const withRoutes = (node: PlanNode, routes: PlanNode[]): PlanNode => {
  const next: PlanNode = { ...node, routes };
  if (routes.length === 0) delete next.routes;
  return next;
};

export type Move = 'up' | 'down' | 'out' | 'in';

/** Where a move would put a node, or null where there is no such way: `in` is below the one before it, `out` after its parent. */
export function moved(tree: PlanNode, place: Place, move: Move): { tree: PlanNode; place: Place } | null {
  const node = nodeAt(tree, place);
  const last = place.at(-1);
  if (!node || last === undefined) return null;
  const parent = place.slice(0, -1);
  const siblings = nodeAt(tree, parent)?.routes ?? [];
  const without = withoutNode(tree, place);
  switch (move) {
    case 'up':
      return last > 0 ? { tree: withAdded(without, parent, node, last - 1), place: [...parent, last - 1] } : null;
    case 'down':
      return last < siblings.length - 1 ? { tree: withAdded(without, parent, node, last + 1), place: [...parent, last + 1] } : null;
    case 'in': {
      if (last === 0) return null;
      const before = [...parent, last - 1];
      return { tree: withAdded(without, before, node), place: [...before, siblings[last - 1]?.routes?.length ?? 0] };
    }
    case 'out': {
      const index = parent.at(-1);
      if (index === undefined) return null;
      const to = [...parent.slice(0, -1), index + 1];
      return { tree: withAdded(without, parent.slice(0, -1), node, index + 1), place: to };
    }
  }
}

/** A copy without what says nothing: empty texts, lists and objects. `false` and `0` say something. */
export function tidy<T>(value: T): T {
  if (Array.isArray(value)) return value.map((item: unknown) => tidy(item)) as T;
  if (!value || typeof value !== 'object') return value;
  const kept = Object.entries(value)
    .map(([key, item]) => [key, tidy(item as unknown)] as const)
    .filter(([, item]) => !(item === undefined || item === null || item === '' || (typeof item === 'object' && Object.keys(item).length === 0)));
  return Object.fromEntries(kept) as T;
}

/** A plan to send: nodes without what says nothing. A team may be empty, which the check then names. */
export const tidyPlan = (plan: Plan): Plan => ({ ...plan, tree: plan.tree ? tidy(plan.tree) : {} });

/** Renames a team, policy or calendar everywhere in the plan. */
export function renamed(plan: Plan, what: 'teams' | 'policies' | 'calendars', from: string, to: string): Plan {
  if (from === to) return plan;
  const all = (plan[what] ?? {}) as Record<string, unknown>;
  const next: Plan = { ...plan, [what]: Object.fromEntries(Object.entries(all).map(([name, value]) => [name === from ? to : name, value])) };
  const inTree = (node: PlanNode): PlanNode => ({
    ...node,
    ...(what === 'teams' && node.owner?.team === from && { owner: { ...node.owner, team: to } }),
    ...(what === 'policies' && node.sla === from && { sla: to }),
    ...(node.routes && { routes: node.routes.map(inTree) }),
  });
  const inPolicy = (policy: Policy): Policy => ({
    ...policy,
    ...(what === 'calendars' && policy.calendar === from && { calendar: to }),
    ...(what === 'teams' && policy.escalation && { escalation: policy.escalation.map((step) => (step.to === `team:${from}` ? { ...step, to: `team:${to}` } : step)) }),
  });
  return { ...next, tree: inTree(next.tree), ...(next.policies && { policies: Object.fromEntries(Object.entries(next.policies).map(([name, policy]) => [name, inPolicy(policy)])) }) };
}

/** The parts of a plan that the page shows apart; every fault belongs to one. */
export type Part = 'tree' | 'teams' | 'times' | 'more' | 'text';

export function partOf(path: string): Part {
  const head = /^[a-z_]*/.exec(path)?.[0];
  switch (head) {
    case 'tree':
      return 'tree';
    case 'teams':
    case 'providers':
    case 'capacity':
      return 'teams';
    case 'policies':
    case 'calendars':
      return 'times';
    case 'root_causes':
    case 'stale_after':
      return 'more';
    default:
      return 'text';
  }
}

const within = (path: string, place: string) => path === place || path.startsWith(`${place}.`) || path.startsWith(`${place}[`);

/** The faults at a place or below it. */
export const faultsIn = (faults: readonly RoutingFault[], place: string): RoutingFault[] => faults.filter(({ path }) => within(path, place));

/** The faults of a node itself, not of the nodes below it. */
export function faultsOfNode(faults: readonly RoutingFault[], place: Place): RoutingFault[] {
  const path = pathOf(place);
  return faultsIn(faults, path).filter((fault) => !fault.path.startsWith(`${path}.routes[`));
}
