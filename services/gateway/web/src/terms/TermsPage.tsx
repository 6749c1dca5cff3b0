import { Alert, Button, Group, Modal, Select, Skeleton, Stack, Table, Text, TextInput, Title } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { IconAlertTriangle, IconPencil, IconPlus, IconTags, IconTrash } from '@tabler/icons-react';
import { useState, type FormEvent } from 'react';
import { api, dataOf } from '../api/client';
import { asProblem } from '../api/problem';
import { keys, lexiconQuery, useMe, useTopics } from '../api/queries';
import type { Lexicon, Polarity, Term } from '../api/types';
import { Empty } from '../app/Empty';
import { Failure } from '../app/Failure';
import { useToast } from '../app/toast';
import { usePageTitle } from '../app/usePageTitle';
import { Foreign } from '../text/Foreign';
import { polarityWords } from '../words/words';
import { keyOf, termFaults, withoutTerm, withoutTopic, withTerm, withTopic } from './lexicon';
import classes from './Terms.module.css';

type Content = Pick<Lexicon, 'topics' | 'terms'>;

/** What the organization adds to the tagging: topics of its own, words that mean something here, names. */
export function TermsPage() {
  const heading = usePageTitle('Topics and terms');
  const lexicon = useQuery(lexiconQuery);
  const { role } = useMe().person;
  const mayChange = role === 'administrator' || role === 'manager';
  const save = useSave();
  const [topic, setTopic] = useState<{ key?: string; name: string } | null>(null);
  const [term, setTerm] = useState<{ at: number | null; term: Term } | null>(null);
  const { nameOf } = useTopics();
  const content = lexicon.data;
  const newTerm = () => setTerm({ at: null, term: { phrase: '', kind: 'topic' } });

  return (
    <div className={classes.page}>
      <div className={classes.top}>
        <Title order={1} ref={heading} tabIndex={-1}>
          Topics and terms
        </Title>
        {mayChange && content && (
          <Group gap="xs">
            <Button variant="default" leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setTopic({ name: '' })}>
              Topic
            </Button>
            <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={newTerm}>
              Term
            </Button>
          </Group>
        )}
      </div>
      <Text size="sm" c="dimmed" maw={640} mb="lg">
        Bedside knows eight topics and the words patients use for them. Here you add what only your practice knows: a topic of your own, a product, a nickname, a street that sounds like
        a complaint. New reviews are read with it within seconds; older ones when your administrator runs “bedside retag”.
      </Text>
      {lexicon.isError && !content && <Failure error={lexicon.error} title="The terms could not be loaded" retry={() => void lexicon.refetch()} />}
      {lexicon.isPending && <Skeleton h={160} radius="lg" role="status" aria-label="Loading the terms" />}
      {content && content.topics.length === 0 && content.terms.length === 0 && (
        <Empty icon={<IconTags size={42} stroke={1.3} />} title="Nothing is added yet" actions={mayChange && <Button onClick={newTerm}>Add the first term</Button>}>
          For example: “the new garage” speaks of your own topic Parking; “Dr. Bee” is what children call Dr. Beatrice Hall; “Sharp Street” is an address and no complaint about pain.
          {!mayChange && ' Ask a manager or administrator to add some.'}
        </Empty>
      )}
      {content && content.topics.length > 0 && (
        <section aria-labelledby="own-topics">
          <Title order={2} id="own-topics" mb="xs">
            Your own topics
          </Title>
          <ul className={classes.topics}>
            {content.topics.map(({ key, name }) => (
              <li key={key} className={classes.topic}>
                <Foreign text={name} />
                {mayChange && (
                  <>
                    <Button size="compact-xs" variant="subtle" leftSection={<IconPencil size={14} aria-hidden />} onClick={() => setTopic({ key, name })} aria-label={`Rename ${name}`}>
                      Rename
                    </Button>
                    <Button size="compact-xs" variant="subtle" leftSection={<IconTrash size={14} aria-hidden />} onClick={() => save(content, withoutTopic(content, key), `${name} and its terms are gone.`)} aria-label={`Remove ${name}`}>
                      Remove
                    </Button>
                  </>
                )}
              </li>
            ))}
          </ul>
        </section>
      )}
      {content && content.terms.length > 0 && (
        <section aria-labelledby="own-terms">
          <Title order={2} id="own-terms" mb="xs">
            Terms
          </Title>
          <Table.ScrollContainer minWidth={420}>
            <Table verticalSpacing="xs" className={classes.table}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Words</Table.Th>
                  <Table.Th>What they mean here</Table.Th>
                  {mayChange && (
                    <Table.Th>
                      <span className={classes.hidden}>Change</span>
                    </Table.Th>
                  )}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {content.terms.map((entry, at) => (
                  <Table.Tr key={entry.phrase}>
                    <Table.Td>
                      <Foreign text={entry.phrase} />
                    </Table.Td>
                    <Table.Td>
                      <Foreign text={meaning(entry, nameOf)} />
                    </Table.Td>
                    {mayChange && (
                      <Table.Td>
                        <Group gap={4} justify="flex-end" wrap="nowrap">
                          <Button size="compact-xs" variant="subtle" onClick={() => setTerm({ at, term: entry })} aria-label={`Change ${entry.phrase}`}>
                            Change
                          </Button>
                          <Button size="compact-xs" variant="subtle" onClick={() => save(content, withoutTerm(content, at), `“${entry.phrase}” is gone.`)} aria-label={`Remove ${entry.phrase}`}>
                            Remove
                          </Button>
                        </Group>
                      </Table.Td>
                    )}
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        </section>
      )}
      {content && topic && (
        <TopicDialog
          topic={topic}
          content={content}
          onClose={() => setTopic(null)}
          onSave={(next, said) => {
            setTopic(null);
            save(content, next, said);
          }}
        />
      )}
      {content && term && (
        <TermDialog
          start={term}
          content={content}
          onClose={() => setTerm(null)}
          onSave={(next, said) => {
            setTerm(null);
            save(content, next, said);
          }}
        />
      )}
    </div>
  );
}

/** Says in words what a term means. */
function meaning(term: Term, nameOf: (key: string) => string): string {
  if (term.kind === 'person') return `A person: ${[term.name, term.role].filter(Boolean).join(', ')}`;
  if (term.kind === 'ignore') return 'Nothing; no topic comes from these words';
  return `${nameOf(term.topic ?? '')}, ${term.polarity ? polarityWords[term.polarity].toLowerCase() : 'as the words around it say'}`;
}

/** Stores the terms, and offers the way back. */
function useSave() {
  const client = useQueryClient();
  const toast = useToast();
  const put = useMutation({
    mutationFn: ({ revision, content }: { revision: number; content: Content }) => dataOf(api.PUT('/api/v1/lexicon', { body: { revision, topics: content.topics, terms: content.terms } })),
    onSuccess: (fresh) => client.setQueryData(keys.lexicon, fresh),
    onError: (error) => {
      const problem = asProblem(error);
      toast.failed(problem.status === 409 ? 'Somebody changed the terms meanwhile' : 'Nothing was changed', problem);
      void client.invalidateQueries({ queryKey: keys.lexicon });
    },
  });
  return (before: Lexicon, next: Content, said: string) => {
    put.mutate(
      { revision: before.revision, content: next },
      { onSuccess: (fresh) => toast.done(said, () => put.mutate({ revision: fresh.revision, content: before }, { onSuccess: () => toast.done('Undone.') })) },
    );
  };
}

type TopicProps = { topic: { key?: string; name: string }; content: Lexicon; onClose: () => void; onSave: (next: Content, said: string) => void };

function TopicDialog({ topic, content, onClose, onSave }: TopicProps) {
  const [name, setName] = useState(topic.name);
  const key = topic.key ?? keyOf(name, content.topics.map((t) => t.key));
  const fault = name.trim() === '' ? 'Give it a name.' : key ? undefined : 'Use at least one letter from a to z or a digit.';
  const [checked, setChecked] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setChecked(true);
    if (!fault && key) onSave(withTopic(content, { key, name: name.trim() }), topic.key ? 'The topic is renamed.' : `${name.trim()} is a topic now. Give it terms.`);
  };
  return (
    <Modal opened onClose={onClose} title={topic.key ? 'Rename the topic' : 'A topic of your own'} size="sm">
      <form onSubmit={submit} noValidate>
        <Stack gap="sm">
          <TextInput data-autofocus label="Name" placeholder="Parking" maxLength={60} value={name} onChange={(event) => setName(event.currentTarget.value)} error={checked && fault} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit">Save</Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

type TermProps = { start: { at: number | null; term: Term }; content: Lexicon; onClose: () => void; onSave: (next: Content, said: string) => void };

function TermDialog({ start, content, onClose, onSave }: TermProps) {
  const [term, setTerm] = useState<Term>(start.term);
  const [checked, setChecked] = useState(false);
  const { all, nameOf } = useTopics();
  const faults = termFaults(term, content, start.at);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setChecked(true);
    if (Object.keys(faults).length === 0) onSave(withTerm(content, term, start.at), `“${term.phrase.trim()}” is understood from now on.`);
  };
  return (
    <Modal opened onClose={onClose} title={start.at === null ? 'A term' : 'Change the term'} size="md">
      <form onSubmit={submit} noValidate>
        <Stack gap="sm">
          <TextInput
            data-autofocus
            label="Words"
            description="A word or a phrase, as patients write it. Capitals do not matter."
            placeholder="the new garage"
            maxLength={100}
            value={term.phrase}
            onChange={(event) => setTerm({ ...term, phrase: event.currentTarget.value })}
            error={checked && faults.phrase}
          />
          <Select
            label="They"
            data={[
              { value: 'topic', label: 'speak of a topic' },
              { value: 'person', label: 'name a person of the practice' },
              { value: 'ignore', label: 'mean nothing in particular' },
            ]}
            value={term.kind}
            allowDeselect={false}
            onChange={(kind) => kind && setTerm({ phrase: term.phrase, kind: kind as Term['kind'] })}
          />
          {term.kind === 'topic' && (
            <>
              <Select label="Topic" data={all.map((value) => ({ value, label: nameOf(value) }))} value={term.topic ?? null} onChange={(value) => setTerm({ ...term, topic: value ?? undefined })} error={checked && faults.topic} />
              <Select
                label="And say of it"
                data={[
                  { value: '', label: 'what the words around them say' },
                  { value: 'positive', label: 'something positive' },
                  { value: 'negative', label: 'something negative' },
                  { value: 'mixed', label: 'something mixed' },
                ]}
                value={term.polarity ?? ''}
                allowDeselect={false}
                onChange={(value) => setTerm({ ...term, polarity: (value || undefined) as Polarity | undefined })}
              />
            </>
          )}
          {term.kind === 'person' && (
            <>
              <TextInput label="Whom they mean" placeholder="Dr. Beatrice Hall" maxLength={60} value={term.name ?? ''} onChange={(event) => setTerm({ ...term, name: event.currentTarget.value })} error={checked && faults.name} />
              <TextInput label="Role" placeholder="doctor" maxLength={60} value={term.role ?? ''} onChange={(event) => setTerm({ ...term, role: event.currentTarget.value || undefined })} />
            </>
          )}
          {content.terms.length >= 500 && start.at === null && (
            <Alert color="orange" variant="light" icon={<IconAlertTriangle size={17} aria-hidden />}>
              There can be 500 terms. Remove one first.
            </Alert>
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit">Save</Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
