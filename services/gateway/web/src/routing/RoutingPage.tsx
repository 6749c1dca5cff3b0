import { Alert, Button, CopyButton, Group, Skeleton, Stack, Tabs, TagsInput, Text, Textarea } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { IconAlertTriangle, IconArrowBackUp } from '@tabler/icons-react';
import { useState } from 'react';
import { api, dataOf } from '../api/client';
import { Failure } from '../app/Failure';
import { Page } from '../app/Page';
import { useMay } from '../app/useMay';
import { Foreign } from '../text/Foreign';
import { RelativeTime } from '../time/Time';
import { count } from '../words/words';
import { DurationField } from './DurationField';
import { Faults } from './Faults';
import { asBody, faultsIn, partOf, planOf, tidyPlan, type Part, type Plan, type RoutingPlan } from './plan';
import { routingKeys, routingQuery } from './queries';
import classes from './Routing.module.css';
import { SaveDialog, type Source } from './SaveDialog';
import { Teams } from './Teams';
import { Times } from './Times';
import { Tree } from './Tree';
import { Versions } from './Versions';
import { toYAML } from './yaml';

/** Who gets which review, how soon it is due, and who else hears of it. */
export function RoutingPage() {
  const routing = useQuery(routingQuery);
  return (
    <Page title="Follow-up" intro="Who gets which review, how soon it is due, and who else hears of it. A review goes down the rules; the first that fits takes it. Cases that are there keep their owner.">
      {routing.isError && !routing.data && <Failure error={routing.error} title="The rules could not be loaded" retry={() => void routing.refetch()} />}
      {routing.isPending && <Skeleton h={260} radius="lg" role="status" aria-label="Loading the rules" />}
      {routing.data && <Editor stored={routing.data} />}
    </Page>
  );
}

/** What is being edited: through the forms a plan, as text YAML. Both are based on a version. */
type Draft = { version: number; plan?: Plan; yaml?: string };

/** Saved texts of forms are many; this many steps can be taken back. */
const mostSteps = 100;

function Editor({ stored }: { stored: RoutingPlan }) {
  const client = useQueryClient();
  const mayChange = useMay('follow_up.configure');
  const [draft, setDraft] = useState<Draft | null>(null);
  const [past, setPast] = useState<(Draft | null)[]>([]);
  const [saving, setSaving] = useState<{ comment: string } | null>(null);
  // Fields that hold what is typed begin anew when what they show is replaced.
  const [round, setRound] = useState(0);
  const [tab, setTab] = useState<string | null>('tree');

  const plan = draft?.plan ?? planOf(stored);
  const source: Source | null = draft?.yaml !== undefined ? { yaml: draft.yaml } : draft?.plan ? { plan: asBody(tidyPlan(draft.plan)) } : null;
  const checked = useFaults(source);
  const faults = source ? checked : [];
  const inText = draft?.yaml !== undefined;
  const text = draft?.yaml ?? (draft?.plan ? toYAML(tidyPlan(draft.plan)) : stored.yaml);

  const edit = (next: Omit<Draft, 'version'>) => {
    setPast((steps) => [...steps.slice(-mostSteps), draft]);
    setDraft({ version: draft?.version ?? stored.version, ...next });
  };
  const editPlan = mayChange && !inText ? (next: Plan) => edit({ plan: next }) : null;
  const restart = () => {
    setDraft(null);
    setPast([]);
    setSaving(null);
    setRound((n) => n + 1);
  };
  const undo = () => {
    setDraft(past.at(-1) ?? null);
    setPast(past.slice(0, -1));
    setRound((n) => n + 1);
  };
  const inPart = (part: Part) => faults.filter((fault) => partOf(fault.path) === part).length;
  const label = (words: string, part: Part) => (inPart(part) > 0 ? `${words} (${count(inPart(part), 'fault')})` : words);

  return (
    <>
      {draft ? (
        <div className={classes.bar} role="region" aria-label="What you changed">
          <span>
            {faults.length > 0 ? (
              <strong style={{ color: 'var(--bs-neg-fg)' }}>{count(faults.length, 'thing')} to put right</strong>
            ) : (
              'Not saved yet'
            )}
          </span>
          <Group gap={6}>
            <Button size="compact-sm" variant="subtle" leftSection={<IconArrowBackUp size={15} aria-hidden />} disabled={past.length === 0} onClick={undo}>
              Undo
            </Button>
            <Button size="compact-sm" variant="default" onClick={restart}>
              Discard
            </Button>
            <Button size="compact-sm" onClick={() => setSaving({ comment: '' })}>
              Try and save
            </Button>
          </Group>
        </div>
      ) : (
        <Text size="xs" c="dimmed" mb="sm">
          {stored.version === 0 ? (
            'This is what Bedside comes with.'
          ) : (
            <>
              Version {stored.version}
              {stored.by && (
                <>
                  {' by '}
                  <Foreign text={stored.by} />
                </>
              )}
              {stored.at && (
                <>
                  , <RelativeTime at={stored.at} timeZone={Intl.DateTimeFormat().resolvedOptions().timeZone} />
                </>
              )}
              {stored.comment && (
                <>
                  : <Foreign text={stored.comment} />
                </>
              )}
            </>
          )}
          {!mayChange && ' A manager or administrator can change it.'}
        </Text>
      )}
      <Tabs value={tab} onChange={setTab} keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="tree">{label('Rules', 'tree')}</Tabs.Tab>
          <Tabs.Tab value="teams">{label('Teams', 'teams')}</Tabs.Tab>
          <Tabs.Tab value="times">{label('Times', 'times')}</Tabs.Tab>
          <Tabs.Tab value="more">{label('More', 'more')}</Tabs.Tab>
          <Tabs.Tab value="text">{label('Text', 'text')}</Tabs.Tab>
          <Tabs.Tab value="history">History</Tabs.Tab>
        </Tabs.List>
        {inText && tab !== 'text' && tab !== 'history' && (
          <Alert color="orange" variant="light" icon={<IconAlertTriangle size={18} aria-hidden />} mb="md">
            You are editing the plan as text. Save it or discard it to go on here; below is the version that counts.
          </Alert>
        )}
        <Tabs.Panel value="tree" key={`tree ${round}`}>
          <Tree plan={plan} faults={inText ? [] : faults} onChange={editPlan} />
        </Tabs.Panel>
        <Tabs.Panel value="teams" key={`teams ${round}`}>
          <Teams plan={plan} faults={inText ? [] : faults} onChange={editPlan} />
        </Tabs.Panel>
        <Tabs.Panel value="times" key={`times ${round}`}>
          <Times plan={plan} faults={inText ? [] : faults} onChange={editPlan} />
        </Tabs.Panel>
        <Tabs.Panel value="more">
          <Stack maw={520}>
            <TagsInput label="Root causes" description="What people choose from when they resolve a negative case. Without any, they are not asked." placeholder="long wait" disabled={!editPlan} comboboxProps={{ withinPortal: false }} value={plan.root_causes ?? []} onChange={(root_causes) => editPlan?.({ ...plan, root_causes: root_causes.length ? root_causes : undefined })} />
            <Faults faults={inText ? [] : faultsIn(faults, 'root_causes')} at="root_causes" />
            {editPlan && <DurationField label="Old reviews" description="When a listing is connected, reviews older than this get no owner and no due time. Empty: every review is work." value={plan.stale_after} onChange={(stale_after) => editPlan({ ...plan, stale_after })} />}
            <Faults faults={inText ? [] : faultsIn(faults, 'stale_after')} at="stale_after" />
          </Stack>
        </Tabs.Panel>
        <Tabs.Panel value="text">
          <Stack gap="xs">
            <Group justify="space-between" gap="xs">
              <Text size="sm" c="dimmed">
                The same plan as YAML, to keep elsewhere or to paste.
              </Text>
              <CopyButton value={text}>
                {({ copied, copy }) => (
                  <Button size="compact-sm" variant="default" onClick={copy}>
                    {copied ? 'Copied' : 'Copy'}
                  </Button>
                )}
              </CopyButton>
            </Group>
            {!inText && stored.yaml.includes('#') && (
              <Text size="xs" c="dimmed">
                Comments in the text (#) are not kept when you change something in the forms.
              </Text>
            )}
            <Textarea className={classes.mono} aria-label="The plan as YAML" autosize minRows={14} maxRows={34} maxLength={200_000} readOnly={!mayChange} spellCheck={false} value={text} onChange={(event) => edit({ yaml: event.currentTarget.value })} />
            <Faults faults={faults} />
          </Stack>
        </Tabs.Panel>
        <Tabs.Panel value="history">
          <Versions
            current={stored.version}
            onRestore={
              mayChange
                ? (version, yaml) => {
                    edit({ yaml });
                    setSaving({ comment: `Version ${version} again` });
                  }
                : null
            }
          />
        </Tabs.Panel>
      </Tabs>
      {saving && source && draft && (
        <SaveDialog
          version={draft.version}
          source={source}
          comment={saving.comment}
          onClose={() => setSaving(null)}
          onSaved={restart}
          onTakeTheirs={() => {
            restart();
            void client.invalidateQueries({ queryKey: routingKeys.plan });
          }}
        />
      )}
    </>
  );
}

/** The faults of what is being edited, shortly after it stops changing. */
function useFaults(source: Source | null) {
  const [settled] = useDebouncedValue(source ? JSON.stringify(source) : '', 500);
  const check = useQuery({
    queryKey: ['routing', 'check', settled],
    queryFn: ({ signal }) => dataOf(api.POST('/api/v1/routing/dry-run', { body: { ...(JSON.parse(settled) as Source), last: 1 }, signal })),
    enabled: settled !== '',
    staleTime: 60_000,
    retry: false,
  });
  return check.data?.faults ?? [];
}
