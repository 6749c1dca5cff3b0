import { Button, Group, Modal, Skeleton, Stack, Text, TextInput } from '@mantine/core';
import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { IconFileText, IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { api, dataOf } from '../api/client';
import { asProblem } from '../api/problem';
import { useOrganization, useTopics } from '../api/queries';
import { Empty } from '../app/Empty';
import { Failure } from '../app/Failure';
import { Page } from '../app/Page';
import layout from '../app/Page.module.css';
import { useToast } from '../app/toast';
import { useMay } from '../app/useMay';
import { Foreign } from '../text/Foreign';
import { polarityWords, siteName } from '../words/words';
import classes from './Templates.module.css';
import { TemplateForm } from './TemplateForm';
import { languageWords, type Template } from './types';

export const templatesKey = ['templates'] as const;
const templatesQuery = queryOptions({
  queryKey: templatesKey,
  queryFn: ({ signal }) => dataOf(api.GET('/api/v1/templates', { signal })),
  staleTime: 30_000,
});

/** Replies that are written once; each is offered where it fits. */
export function TemplatesPage() {
  const templates = useQuery(templatesQuery);
  const mayConfigure = useMay('follow_up.configure');
  const [search, setSearch] = useState('');
  const [form, setForm] = useState<{ template: Template | null } | null>(null);
  const all = templates.data?.items ?? [];
  const wanted = search.trim().toLowerCase();
  const shown = wanted ? all.filter(({ name, text }) => `${name} ${text}`.toLowerCase().includes(wanted)) : all;
  const add = mayConfigure && (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setForm({ template: null })}>
      Template
    </Button>
  );
  return (
    <Page title="Templates" action={all.length > 0 && add} intro="Replies to start from. Each is checked before it is kept, and again when somebody sends it.">
      {templates.isError && !templates.data && <Failure error={templates.error} title="The templates could not be loaded" retry={() => void templates.refetch()} />}
      {templates.isPending && <Skeleton h={160} radius="lg" role="status" aria-label="Loading the templates" />}
      {templates.data && all.length === 0 && (
        <Empty icon={<IconFileText size={42} stroke={1.3} />} title="No templates yet" actions={add}>
          A template thanks, says what the practice does in general, and tells whom to call. It never speaks of anybody’s care.
          {!mayConfigure && ' Ask a manager or administrator to add some.'}
        </Empty>
      )}
      {all.length > 6 && <TextInput type="search" aria-label="Find a template" placeholder="Find a template" maw={320} mb="md" value={search} onChange={(event) => setSearch(event.currentTarget.value)} />}
      {all.length > 0 && shown.length === 0 && <Text c="dimmed">No template has these words.</Text>}
      <ul className={layout.list} aria-label="Templates">
        {shown.map((template) => (
          <TemplateCard key={template.id} template={template} mayConfigure={mayConfigure} onEdit={() => setForm({ template })} />
        ))}
      </ul>
      {form && templates.data && <TemplateForm key={form.template?.id ?? 'new'} template={form.template} variables={templates.data.variables} onClose={() => setForm(null)} />}
    </Page>
  );
}

function TemplateCard({ template, mayConfigure, onEdit }: { template: Template; mayConfigure: boolean; onEdit: () => void }) {
  const client = useQueryClient();
  const toast = useToast();
  const { locationOf } = useOrganization();
  const { nameOf } = useTopics();
  const [removing, setRemoving] = useState(false);
  const remove = async () => {
    try {
      await api.DELETE('/api/v1/templates/{id}', { params: { path: { id: template.id } } });
      toast.done(`“${template.name}” is gone.`);
    } catch (error) {
      toast.failed('Nothing was changed', asProblem(error));
    }
    setRemoving(false);
    await client.invalidateQueries({ queryKey: templatesKey });
  };
  const scope = [
    languageWords[template.language],
    ...template.sites.map(siteName),
    ...template.topics.map(nameOf),
    ...(template.polarity ? [polarityWords[template.polarity]] : []),
    ...template.regions,
    ...template.location_ids.map((id) => locationOf(id)?.name ?? 'a former location'),
  ];
  return (
    <li className={layout.card}>
      <Text fw={600} size="sm">
        <Foreign text={template.name} />
      </Text>
      <Text size="sm" className={classes.text}>
        <Foreign text={template.text} />
      </Text>
      <Group gap={5} aria-label="Offered for">
        {scope.map((word, i) => (
          <span key={i} className={layout.chip}>
            <Foreign text={word} />
          </span>
        ))}
      </Group>
      {mayConfigure && (
        <Group gap={6}>
          <Button size="compact-sm" variant="default" onClick={onEdit} aria-label={`Change ${template.name}`}>
            Change
          </Button>
          <Button size="compact-sm" variant="subtle" onClick={() => setRemoving(true)} aria-label={`Remove ${template.name}`}>
            Remove
          </Button>
        </Group>
      )}
      {removing && (
        <Modal opened onClose={() => setRemoving(false)} title={`Remove “${template.name}”?`} size="sm">
          <Stack gap="sm">
            <Text size="sm">Replies that began with it stay as they are.</Text>
            <Group justify="flex-end">
              <Button variant="default" onClick={() => setRemoving(false)}>
                Cancel
              </Button>
              <Button color="red" onClick={() => void remove()}>
                Remove
              </Button>
            </Group>
          </Stack>
        </Modal>
      )}
    </li>
  );
}
