import { Alert, Button, Group, Modal, MultiSelect, Select, SimpleGrid, Stack, TagsInput, Text, Textarea, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { IconPlus, IconShieldX } from '@tabler/icons-react';
import { useRef, useState, type FormEvent } from 'react';
import { api, dataOf } from '../api/client';
import { asProblem, type ProblemError } from '../api/problem';
import { useMe, useOrganization, useTopics } from '../api/queries';
import type { Polarity } from '../api/types';
import { useToast } from '../app/toast';
import { Foreign } from '../text/Foreign';
import { polarities, polarityWords, siteName } from '../words/words';
import classes from './Templates.module.css';
import { languageWords, type Template, type TemplateInput, type Variable } from './types';
import { filled, inserted, variableFault } from './variables';

const knownSites = ['google', 'healthgrades', 'zocdoc', 'vitals', 'ratemds', 'webmd', 'yelp', 'facebook', 'trustpilot', 'careopinion'];

export function TemplateForm({ template, variables, onClose }: { template: Template | null; variables: Variable[]; onClose: () => void }) {
  const client = useQueryClient();
  const toast = useToast();
  const { locations } = useOrganization();
  const { all: topics, nameOf } = useTopics();
  const sample = useSample();
  const field = useRef<HTMLTextAreaElement>(null);
  const [input, setInput] = useState<TemplateInput>(() =>
    template
      ? { name: template.name, text: template.text, language: template.language, sites: template.sites, topics: template.topics, polarity: template.polarity, regions: template.regions, location_ids: template.location_ids }
      : { name: '', text: '', language: 'en', sites: [], topics: [], regions: [], location_ids: [] },
  );
  const [checked, setChecked] = useState(false);
  const [saving, setSaving] = useState(false);
  const [refused, setRefused] = useState<ProblemError | null>(null);
  const change = (part: Partial<TemplateInput>) => setInput({ ...input, ...part });
  const nameFault = input.name.trim() ? '' : 'Give it a name.';
  const textFault = input.text.trim() ? variableFault(input.text, variables.map(({ name }) => name)) : 'Write the reply.';
  const insert = (name: string) => {
    const at = field.current;
    const next = inserted(input.text, at?.selectionStart ?? input.text.length, at?.selectionEnd ?? input.text.length, name);
    change({ text: next.text });
    // The field shows the new text first; before that the cursor would jump to its end.
    requestAnimationFrame(() => {
      at?.focus();
      at?.setSelectionRange(next.cursor, next.cursor);
    });
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setChecked(true);
    if (nameFault || textFault) return;
    setSaving(true);
    setRefused(null);
    const body = { ...input, name: input.name.trim() };
    try {
      if (template) await dataOf(api.PUT('/api/v1/templates/{id}', { params: { path: { id: template.id }, query: { rev: template.rev } }, body }));
      else await dataOf(api.POST('/api/v1/templates', { body }));
      toast.done(`“${body.name}” is saved.`);
      onClose();
    } catch (error) {
      setRefused(asProblem(error));
      setSaving(false);
    }
    await client.invalidateQueries({ queryKey: ['templates'] });
  };
  const regions = [...new Set(locations.map((location) => location.region).filter((region): region is string => Boolean(region)))];
  return (
    <Modal opened onClose={onClose} title={template ? `Change “${template.name}”` : 'A new template'} size="lg">
      <form onSubmit={(event) => void submit(event)} noValidate>
        <Stack gap="sm">
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            <TextInput data-autofocus label="Name" maxLength={100} placeholder="Long wait" value={input.name} onChange={(event) => change({ name: event.currentTarget.value })} error={checked && nameFault} />
            <Select label="Language" allowDeselect={false} comboboxProps={{ withinPortal: false }} data={Object.entries(languageWords).map(([value, label]) => ({ value, label }))} value={input.language} onChange={(value) => value && change({ language: value as Template['language'] })} />
          </SimpleGrid>
          <Textarea ref={field} label="Reply" autosize minRows={4} maxRows={14} maxLength={5000} value={input.text} onChange={(event) => change({ text: event.currentTarget.value })} error={checked && textFault} />
          <div role="group" aria-label="Put in a variable">
            <Group gap={6}>
              {variables.map(({ name, what }) => (
                <Button key={name} size="compact-xs" variant="default" leftSection={<IconPlus size={12} aria-hidden />} onClick={() => insert(name)} title={what}>
                  {name.replaceAll('_', ' ')}
                </Button>
              ))}
            </Group>
          </div>
          {input.text.trim() && (
            <section aria-label="As it would read">
              <Text size="xs" c="dimmed" mb={4}>
                As it would read
              </Text>
              <div className={classes.preview}>
                <Foreign text={filled(input.text, sample)} />
              </div>
            </section>
          )}
          <Text size="sm" fw={600} mt="xs">
            Where it is offered
          </Text>
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            <MultiSelect label="Topics" placeholder={input.topics?.length ? undefined : 'Any'} comboboxProps={{ withinPortal: false }} data={topics.map((value) => ({ value, label: nameOf(value) }))} value={input.topics} onChange={(value) => change({ topics: value })} />
            <Select label="Reviews that are" placeholder="Anything" clearable comboboxProps={{ withinPortal: false }} data={polarities.map((value) => ({ value, label: polarityWords[value] }))} value={input.polarity ?? null} onChange={(value) => change({ polarity: (value ?? undefined) as Polarity | undefined })} />
            <MultiSelect label="Sites" placeholder={input.sites?.length ? undefined : 'Any'} comboboxProps={{ withinPortal: false }} data={[...new Set([...knownSites, ...(input.sites ?? [])])].map((value) => ({ value, label: siteName(value) }))} value={input.sites} onChange={(value) => change({ sites: value })} />
            <MultiSelect label="Locations" placeholder={input.location_ids?.length ? undefined : 'Any'} searchable comboboxProps={{ withinPortal: false }} data={locations.map(({ id, name }) => ({ value: id, label: name }))} value={input.location_ids} onChange={(value) => change({ location_ids: value })} />
            <TagsInput label="Regions" placeholder={input.regions?.length ? undefined : 'Any'} comboboxProps={{ withinPortal: false }} data={regions} value={input.regions} onChange={(value) => change({ regions: value })} />
          </SimpleGrid>
          {refused && (
            <Alert role="alert" color="red" variant="light" icon={<IconShieldX size={18} aria-hidden />} title={refused.findings.length > 0 ? 'The check stops this text' : 'It was not saved'} classNames={{ title: 'bs-alert-title' }}>
              {refused.findings.length > 0 ? (
                <ul className={classes.findings}>
                  {refused.findings.map((finding, i) => (
                    <li key={i}>
                      “<Foreign text={finding.quote} />”: {finding.why} {finding.suggestion && <>Better: {finding.suggestion}</>}
                    </li>
                  ))}
                </ul>
              ) : (
                `${refused.message} ${refused.advice}`
              )}
            </Alert>
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={saving}>
              Save
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

/** What variables may stand for, from the practice's own first location. */
function useSample(): Record<string, string> {
  const { organization } = useMe();
  const { locations, people } = useOrganization();
  const location = locations[0];
  const manager = people.find((person) => person.id === location?.manager_id) ?? people.find((person) => person.role === 'manager');
  return {
    practice: organization.name,
    location: location?.name ?? organization.name,
    phone: location?.telephone || '555-0100',
    manager: manager?.name ?? 'our office manager',
    topic: 'waiting times',
    first_name: manager?.name.split(' ')[0] ?? 'Jo',
  };
}
