import { Button, Loader, Popover, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { IconAlertTriangle, IconChevronDown, IconSparkles } from '@tabler/icons-react';
import { useState } from 'react';
import { api, dataOf } from '../api/client';
import type { ReviewDetail } from '../api/types';
import { Failure } from '../app/Failure';
import { Foreign } from '../text/Foreign';
import { siteName } from '../words/words';
import type { Suggestion } from './model';
import classes from './Reply.module.css';

type Props = { review: ReviewDetail; onPick: (text: string, origin: string) => void };

/** Replies to begin with: put together from the topics, the organization's templates, what was published before. */
export function StartFrom({ review, onPick }: Props) {
  const [opened, panel] = useDisclosure(false);
  const pick = (text: string, origin: string) => {
    panel.close();
    onPick(text, origin);
  };
  return (
    <Popover opened={opened} onChange={(open) => (open ? panel.open() : panel.close())} position="bottom-start" shadow="md" width="min(420px, 84vw)" trapFocus withinPortal={false}>
      <Popover.Target>
        <Button size="compact-sm" variant="light" rightSection={<IconChevronDown size={15} aria-hidden />} onClick={panel.toggle}>
          Start from
        </Button>
      </Popover.Target>
      <Popover.Dropdown className={classes.startFrom}>
        {opened && <Choices review={review} onPick={pick} />}
      </Popover.Dropdown>
    </Popover>
  );
}

function Choices({ review, onPick }: Props) {
  const [ask, setAsk] = useState(false);
  const [language, setLanguage] = useState<'en' | 'es' | undefined>(undefined);
  const query = useQuery({
    queryKey: ['suggestions', review.id, review.rev, language, ask],
    queryFn: ({ signal }) =>
      dataOf(api.GET('/api/v1/reviews/{id}/suggestions', { params: { path: { id: review.id }, query: { language, assistant: ask || undefined } }, signal })),
    staleTime: 60_000,
    retry: 1,
  });
  if (query.isError) return <Failure error={query.error} title="There are no suggestions now" retry={() => void query.refetch()} />;
  if (!query.data) return <Loader size="sm" aria-label={ask ? 'Asking the assistant' : 'Loading suggestions'} />;
  const { items, assistant, assistant_problem: problem } = query.data;
  const isTemplate = (item: Suggestion) => item.origin.startsWith('template:');
  const groups: [title: string, items: Suggestion[]][] = [
    ['Written by the assistant: read it with care', items.filter((item) => item.origin === 'assistant')],
    ['Suggestions', items.filter((item) => item.origin === 'suggestion')],
    ['Templates', items.filter(isTemplate)],
  ];
  const last = review.publication?.text;
  return (
    <>
      {groups.map(
        ([title, group]) =>
          group.length > 0 && (
            <section key={title} aria-label={title}>
              <p className={classes.groupTitle}>{title}</p>
              {group.map((item, i) => (
                <Choice key={`${item.origin} ${i}`} label={item.label} text={item.text} warn={item.verdict === 'warn'} onPick={() => onPick(item.text, item.origin)} />
              ))}
            </section>
          ),
      )}
      {last && <Choice label={`The last reply on ${siteName(review.site)}`} text={last} onPick={() => onPick(last, '')} />}
      {items.length === 0 && !last && <Text size="sm">Nothing fits this review. Write it in your own words.</Text>}
      <div className={classes.startFoot}>
        <Button size="compact-xs" variant="subtle" onClick={() => setLanguage(language === 'es' ? 'en' : language === 'en' ? 'es' : review.language?.startsWith('es') ? 'en' : 'es')}>
          {(language ?? (review.language?.startsWith('es') ? 'es' : 'en')) === 'es' ? 'In English' : 'In Spanish'}
        </Button>
        {assistant === 'available' && (
          <Button size="compact-xs" variant="light" leftSection={<IconSparkles size={14} aria-hidden />} onClick={() => setAsk(true)}>
            Ask the assistant too
          </Button>
        )}
      </div>
      {assistant === 'available' && (
        <Text size="xs" c="dimmed">
          Only the public review is sent to it.
        </Text>
      )}
      {assistant === 'failed' && (
        <Text size="xs" className={classes.warn}>
          The assistant could not help: {problem || 'it did not answer.'}
        </Text>
      )}
    </>
  );
}

function Choice({ label, text, warn, onPick }: { label: string; text: string; warn?: boolean; onPick: () => void }) {
  return (
    <button type="button" className={classes.choice} onClick={onPick}>
      <span className={classes.choiceName}>
        <Foreign text={label} />
        {warn && (
          <span className={classes.warn}>
            <IconAlertTriangle size={13} aria-hidden /> read it once more
          </span>
        )}
      </span>
      <span className={classes.choiceText} dir="auto">
        {text}
      </span>
    </button>
  );
}
