import type { Facets } from '../api/types';
import { pendingStatuses } from '../words/words';
import { filterParams, noFilters, type Filters } from './filters';

export type View = {
  name: string;
  filters: Filters;
  /** How many cases the view holds, read from the counts of all pending cases. */
  count?: (pending: Facets, me: string) => number;
};

const facet = (values: Facets['status'], ...wanted: string[]) =>
  values.filter((v) => wanted.includes(v.value)).reduce((sum, v) => sum + v.count, 0);

/** The quick views of the inbox. Each is nothing but filters, so its address can be shared and changed further. */
export const views: View[] = [
  { name: 'All reviews', filters: noFilters },
  {
    name: 'Mine',
    filters: { ...noFilters, owner_id: ['me'], status: pendingStatuses },
    count: (pending, me) => facet(pending.owner_id, me, 'me'),
  },
  {
    name: 'Unassigned',
    filters: { ...noFilters, owner_id: ['none'], status: pendingStatuses },
    count: (pending) => facet(pending.owner_id, 'none', ''),
  },
  { name: 'Urgent', filters: { ...noFilters, urgent: true, status: pendingStatuses }, count: (pending) => pending.urgent },
  { name: 'Overdue', filters: { ...noFilters, overdue: true, sort: 'due_at' }, count: (pending) => pending.overdue },
  { name: 'New', filters: { ...noFilters, status: ['new'] }, count: (pending) => facet(pending.status, 'new') },
  {
    name: 'Waiting for approval',
    filters: { ...noFilters, status: ['waiting_approval'] },
    count: (pending) => facet(pending.status, 'waiting_approval'),
  },
  { name: 'Due next', filters: { ...noFilters, status: pendingStatuses, sort: 'due_at' } },
  { name: 'Snoozed', filters: { ...noFilters, snoozed: true } },
];

export const viewPath = (view: View) => {
  const query = filterParams(view.filters).toString();
  return query ? `/inbox?${query}` : '/inbox';
};

/** The quick view that is shown, whatever its sort. */
export function currentView(filters: Filters): View | undefined {
  const key = (f: Filters) => filterParams({ ...f, sort: noFilters.sort }).toString();
  return views.find((view) => key(view.filters) === key({ ...filters, status: inOrder(filters.status) }));
}

const inOrder = (status: Filters['status']) =>
  status.length === pendingStatuses.length && pendingStatuses.every((s) => status.includes(s)) ? pendingStatuses : status;
