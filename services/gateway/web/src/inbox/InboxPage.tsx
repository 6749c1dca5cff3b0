import { ActionIcon, Button, CloseButton, Drawer, Indicator, Select, Skeleton, TextInput, Title, Tooltip } from '@mantine/core';
import { useDisclosure, useMediaQuery } from '@mantine/hooks';
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { IconArrowUp, IconFilter, IconFilterOff, IconInbox, IconSearch } from '@tabler/icons-react';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { facetsQuery, keys, reviewListQuery, useMe } from '../api/queries';
import { Empty } from '../app/Empty';
import { Failure } from '../app/Failure';
import { useShortcuts } from '../app/shortcuts';
import { usePageTitle } from '../app/usePageTitle';
import { useCaseCommands } from '../review/commands';
import { OwnerPicker } from '../review/OwnerPicker';
import { StatusPicker } from '../review/StatusPicker';
import { rememberTrail } from '../review/trail';
import { count } from '../words/words';
import { BulkBar } from './BulkBar';
import { FilterChips } from './FilterChips';
import { FilterPanel } from './FilterPanel';
import { filterParams, isUnfiltered, noFilters, parseFilters, sortWords, type Filters, type Sort } from './filters';
import classes from './InboxPage.module.css';
import { forgetPlace, placeIn, rememberPlace } from './place';
import { QuickViews } from './QuickViews';
import { ReviewList } from './ReviewList';
import { everything, extended, noSelection, toggled, type Selection } from './selection';
import { useArrivals } from './useArrivals';
import { currentView } from './views';

export function InboxPage() {
  const [params] = useSearchParams();
  const address = filterParams(parseFilters(params)).toString();
  const filters = useMemo(() => parseFilters(new URLSearchParams(address)), [address]);
  const heading = usePageTitle(currentView(filters)?.name ?? 'Inbox');
  const navigate = useNavigate();
  const client = useQueryClient();
  const wide = useMediaQuery('(min-width: 62em)', true, { getInitialValueInEffect: false });
  const [drawerOpen, drawer] = useDisclosure(false);
  const searchField = useRef<HTMLInputElement>(null);

  // Choosing filters asks the server anew; going back in the browser shows what was there.
  const forget = useCallback(
    (list: string) => {
      client.removeQueries({ queryKey: [...keys.lists, list], exact: true, type: 'inactive' });
      forgetPlace(client, list);
    },
    [client],
  );
  // What was chosen shows at once; the address follows a moment later, and from then on it alone counts.
  const [wanted, setWanted] = useState<Filters | null>(null);
  const [settled, setSettled] = useState(address);
  if (settled !== address) {
    setSettled(address);
    setWanted(null);
  }
  const chosen = wanted ?? filters;
  const change = (next: Filters, replace = false) => {
    const query = filterParams(next).toString();
    if (query === address) return setWanted(null);
    setWanted(next);
    forget(query);
    void navigate({ pathname: '/inbox', search: query }, { replace });
  };
  const openView = (path: string) => {
    forget(path.split('?')[1] ?? '');
    drawer.close();
  };

  const side = (
    <>
      <QuickViews filters={filters} onOpen={openView} />
      <div className={classes.panel}>
        <FilterPanel filters={chosen} onChange={change} />
      </div>
    </>
  );
  const inUse = filterParams({ ...chosen, q: '', sort: noFilters.sort }).size;

  return (
    <div className={classes.page}>
      {wide && (
        <aside className={classes.side} aria-label="Views and filters">
          {side}
        </aside>
      )}
      <section className={classes.content} aria-labelledby="inbox-title">
        <div className={classes.toolbar}>
          <Title order={1} id="inbox-title" ref={heading} tabIndex={-1} className={classes.title}>
            {currentView(filters)?.name ?? 'Inbox'} <Total filters={filters} />
          </Title>
          <SearchField field={searchField} value={filters.q} onChange={(q) => change({ ...chosen, q }, true)} />
          <Select
            aria-label="Order"
            className={classes.sort}
            size="sm"
            data={Object.entries(sortWords).map(([value, label]) => ({ value, label }))}
            value={chosen.sort}
            allowDeselect={false}
            checkIconPosition="right"
            onChange={(sort) => sort && change({ ...chosen, sort: sort as Sort })}
          />
          {!wide && (
            <Indicator label={inUse} size={16} disabled={!inUse} color="calm">
              <Tooltip label="Views and filters">
                <ActionIcon variant="default" size={36} onClick={drawer.open} aria-label={inUse ? `Views and filters, ${inUse} in use` : 'Views and filters'}>
                  <IconFilter size={18} aria-hidden />
                </ActionIcon>
              </Tooltip>
            </Indicator>
          )}
        </div>
        <div className={classes.chips}>
          <FilterChips filters={chosen} onChange={change} />
        </div>
        <Reviews key={address} address={address} filters={filters} onClear={() => change(noFilters)} focusSearch={() => searchField.current?.focus()} />
      </section>
      {!wide && (
        <Drawer opened={drawerOpen} onClose={drawer.close} title="Views and filters" size="min(340px, 92vw)" padding="sm" classNames={{ content: classes.drawer, body: classes.drawerBody }}>
          <div className={classes.drawerScroll}>{side}</div>
          <div className={classes.drawerFoot}>
            <Button fullWidth onClick={drawer.close}>
              Show <Total filters={chosen} words />
            </Button>
          </div>
        </Drawer>
      )}
    </div>
  );
}

function Total({ filters, words }: { filters: Filters; words?: boolean }) {
  const { data } = useQuery(facetsQuery(filters));
  if (!data) return words ? 'reviews' : null;
  if (words) return <>&nbsp;{count(data.total, 'review')}</>;
  return <span className={classes.total}>{data.total.toLocaleString('en-US')}</span>;
}

/** The search follows the typing with a little patience, so that a word is one search and not five. */
function SearchField({ value, onChange, field }: { value: string; onChange: (q: string) => void; field: React.RefObject<HTMLInputElement | null> }) {
  const [typed, setTyped] = useState(value);
  const [sent, setSent] = useState(value);
  const [seen, setSeen] = useState(value);
  if (value !== seen) {
    setSeen(value);
    // A value that did not come from here (a chip removed, the browser's back) replaces what was typed.
    if (value !== sent) {
      setSent(value);
      setTyped(value);
    }
  }
  const latest = useRef(onChange);
  useEffect(() => {
    latest.current = onChange;
  });
  const wanted = typed.trim();
  const send = (q: string) => {
    setSent(q);
    if (q !== value) latest.current(q);
  };
  useEffect(() => {
    if (wanted === sent) return;
    const timer = setTimeout(() => {
      setSent(wanted);
      latest.current(wanted);
    }, 350);
    return () => clearTimeout(timer);
  }, [wanted, sent]);
  return (
    <TextInput
      ref={field}
      className={classes.search}
      role="searchbox"
      aria-label="Search text and authors"
      placeholder="Search"
      size="sm"
      maxLength={200}
      leftSection={<IconSearch size={16} aria-hidden />}
      rightSection={typed && <CloseButton size="sm" aria-label="Clear the search" onClick={() => { setTyped(''); send(''); }} />}
      value={typed}
      onChange={(event) => setTyped(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === 'Enter') send(wanted);
        if (event.key === 'Escape') event.currentTarget.blur();
      }}
    />
  );
}

type ReviewsProps = { address: string; filters: Filters; onClear: () => void; focusSearch: () => void };

function Reviews({ address, filters, onClear, focusSearch }: ReviewsProps) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { person } = useMe();
  const list = useInfiniteQuery(reviewListQuery(filters));
  const total = useQuery(facetsQuery(filters)).data?.total;
  const reviews = useMemo(() => {
    // A review can move over a page boundary between two calls; one row of it is enough.
    const seen = new Set<string>();
    return (list.data?.pages ?? []).flatMap((page) => page.items).filter((review) => !seen.has(review.id) && seen.add(review.id));
  }, [list.data]);
  const listed = useMemo(() => new Set(reviews.map((review) => review.id)), [reviews]);
  const reload = useCallback(() => {
    void client.resetQueries({ queryKey: keys.list(filters), exact: true });
    void client.invalidateQueries({ queryKey: keys.counts });
  }, [client, filters]);
  const arrivals = useArrivals({ filters, listed, inMemory: list.data !== undefined, me: person.id, onFirst: reload });
  const { assign, changeStatus } = useCaseCommands();
  // What arrived between the list's answer and the start of the live stream is known by its count alone.
  const unseen = list.isSuccess && reviews.length === 0 && (total ?? 0) > 0;
  useEffect(() => {
    if (unseen) void client.invalidateQueries({ queryKey: keys.list(filters), exact: true });
  }, [client, filters, total, unseen]);

  const [start] = useState(() => placeIn(client, address));
  const [selected, setSelected] = useState(start?.selected);
  const focusWanted = useRef(start?.selected !== undefined);
  const offset = useRef(start?.offset ?? 0);
  const [picking, setPicking] = useState<{ id: string; what: 'owner' | 'status' } | null>(null);
  const mayAct = person.role !== 'viewer';
  const [selection, setSelection] = useState<Selection>(noSelection);
  const chosen = useMemo(() => reviews.filter((review) => selection.ids.has(review.id)), [reviews, selection]);
  const order = useRef<string[]>([]);
  useEffect(() => {
    order.current = reviews.map((review) => review.id);
  }, [reviews]);
  const onChoose = useCallback(
    (id: string, range: boolean) => setSelection((before) => (range ? extended(before, id, order.current) : toggled(before, id))),
    [],
  );
  const clearChosen = useCallback(() => setSelection(noSelection), []);

  const remember = useCallback(
    (id: string | undefined) => rememberPlace(client, address, { offset: offset.current, selected: id }),
    [client, address],
  );
  const onScrolled = useCallback((to: number) => { offset.current = to; }, []);
  const onOpen = useCallback(
    (id: string) => {
      remember(id);
      rememberTrail(client, address);
    },
    [address, client, remember],
  );
  const onPick = useCallback((id: string, what: 'owner' | 'status') => setPicking({ id, what }), []);

  const showArrivals = () => {
    arrivals.clear();
    focusWanted.current = false;
    setSelected(undefined);
    forgetPlace(client, address);
    reload();
  };
  const nothingShown = list.isSuccess && reviews.length === 0;

  const move = (by: number) => {
    if (!reviews.length) return;
    const at = reviews.findIndex((review) => review.id === selected);
    const next = reviews[at < 0 ? 0 : Math.min(reviews.length - 1, Math.max(0, at + by))];
    focusWanted.current = true;
    if (next) setSelected(next.id);
  };
  const withSelected = (act: (id: string) => void) => () => {
    if (selected && listed.has(selected)) act(selected);
    else move(1);
  };
  const command = (act: (id: string) => void) => (mayAct ? withSelected(act) : () => false as const);
  useShortcuts({
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => (selected ? move(1) : false),
    ArrowUp: () => (selected ? move(-1) : false),
    Enter: (event) => {
      if ((event.target as HTMLElement).closest('a, button, summary') || !selected) return false;
      onOpen(selected);
      void navigate(`/reviews/${encodeURIComponent(selected)}`);
    },
    a: command((id) => void assign({ id }, person.id)),
    e: command((id) => setPicking({ id, what: 'owner' })),
    s: command((id) => setPicking({ id, what: 'status' })),
    x: command((id) => onChoose(id, false)),
    X: command((id) => onChoose(id, true)),
    Escape: () => (chosen.length ? clearChosen() : false),
    r: () => (arrivals.count > 0 ? showArrivals() : false),
    '/': focusSearch,
  });

  const { fetchNextPage } = list;
  const loadMore = useCallback(() => void fetchNextPage(), [fetchNextPage]);
  const picked = picking && reviews.find((review) => review.id === picking.id);

  return (
    <>
    <BulkBar chosen={chosen} shown={reviews.length} onAll={() => setSelection(everything(reviews.map((review) => review.id)))} onClear={clearChosen} />
    <div className={classes.list}>
      <div className={classes.pillPlace} aria-live="polite">
        {arrivals.count > 0 && !nothingShown && (
          <Button className={classes.pill} radius="xl" size="compact-md" leftSection={<IconArrowUp size={15} aria-hidden />} onClick={showArrivals}>
            {arrivals.more ? `More than ${arrivals.count}` : arrivals.count.toLocaleString('en-US')} new {arrivals.count === 1 ? 'review' : 'reviews'}
          </Button>
        )}
      </div>
      {list.isPending && <Waiting />}
      {list.isError && !list.data && (
        <div className={classes.end}>
          <Failure error={list.error} title="The reviews could not be loaded" retry={() => void list.refetch()} />
        </div>
      )}
      {nothingShown && <Nothing filters={filters} onClear={onClear} />}
      {reviews.length > 0 && (
        <ReviewList
          reviews={reviews}
          total={total}
          query={filters.q}
          selected={selected}
          chosen={selection.ids}
          focusWanted={focusWanted}
          initialOffset={start?.offset ?? 0}
          onScrolled={onScrolled}
          hasMore={list.hasNextPage}
          loadingMore={list.isFetchingNextPage}
          moreError={list.isFetchNextPageError ? list.error : undefined}
          loadMore={loadMore}
          busy={list.isFetching}
          onSelect={setSelected}
          onOpen={onOpen}
          onPick={onPick}
          onChoose={onChoose}
        />
      )}
      <OwnerPicker
        review={picking?.what === 'owner' ? (picked ?? undefined) : undefined}
        onClose={() => setPicking(null)}
        onPick={(owner) => {
          if (picking) void assign({ id: picking.id }, owner);
          setPicking(null);
        }}
      />
      <StatusPicker
        reviewId={picking?.what === 'status' ? picking.id : undefined}
        onClose={() => setPicking(null)}
        onPick={(status, details) => {
          if (picking) void changeStatus({ id: picking.id }, status, details);
          setPicking(null);
        }}
      />
    </div>
    </>
  );
}

function Waiting() {
  return (
    <div role="status" aria-label="Loading reviews">
      {Array.from({ length: 6 }, (_, i) => (
        <div key={i} className={classes.waiting}>
          <Skeleton h={14} w="38%" />
          <Skeleton h={12} mt={12} />
          <Skeleton h={12} mt={7} w="72%" />
        </div>
      ))}
    </div>
  );
}

function Nothing({ filters, onClear }: { filters: Filters; onClear: () => void }) {
  if (isUnfiltered(filters)) {
    return (
      <Empty
        icon={<IconInbox size={42} stroke={1.3} />}
        title="No reviews yet"
        actions={
          <>
            <Button component={Link} to="/sources/listings">
              Watch a listing
            </Button>
            <Button component={Link} to="/sources/imports" variant="default">
              Import a file
            </Button>
          </>
        }
      >
        Tell Bedside where your patients write about you, or bring the reviews you have in a file. They appear here by themselves, each with its topics, an owner and a
        due time.
      </Empty>
    );
  }
  return (
    <Empty icon={<IconFilterOff size={42} stroke={1.3} />} title="No reviews match" actions={<Button variant="default" onClick={onClear}>Clear all filters</Button>}>
      {currentView(filters) ? 'Nothing waits here. New reviews appear by themselves.' : 'Take a filter away to see more.'}
    </Empty>
  );
}
