import { Button, Text } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { useQueryClient } from '@tanstack/react-query';
import { IconAlertTriangle, IconArrowBackUp, IconCheck, IconCircleCheck, IconClock, IconCopy, IconExternalLink, IconRefresh } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { keys, useOrganization } from '../api/queries';
import type { ReviewDetail } from '../api/types';
import { Foreign, ForeignParts } from '../text/Foreign';
import { RelativeTime } from '../time/Time';
import { siteName } from '../words/words';
import { foreignLink } from './links';
import type { Publication } from './model';
import { isThere, isUnderWay, publicationWords, undoSeconds } from './publicationWords';
import classes from './Reply.module.css';
import type { useReviewCommands } from './replyCommands';
import { actorWords } from './words';

type Props = { review: ReviewDetail; publication: Publication; timeZone: string; mayPublish: boolean; commands: ReturnType<typeof useReviewCommands> };

const icons = { wait: IconClock, good: IconCircleCheck, act: IconAlertTriangle } as const;

/** Where a reply stands on its way to the site, what to do about it, and the way back while there is one. */
export function PublicationPanel({ review, publication, timeZone, mayPublish, commands }: Props) {
  const { personOf } = useOrganization();
  const site = siteName(review.site);
  const words = publicationWords(publication, site);
  const Icon = icons[words.tone];
  const { state } = publication;
  const seconds = useCountdown(publication);
  usePolling(review.id, state === 'scheduled' || state === 'sending');
  const shown = review.site_reply?.text.trim() === publication.text.trim();
  const at = publication.published_at ?? publication.sent_at ?? publication.requested_at;
  const act = { busy: commands.busy !== null };

  return (
    <div className={classes.publication} data-tone={words.tone}>
      <div role="status" className={classes.publicationHead}>
        <Icon size={19} aria-hidden />
        <div>
          <Text fw={600} size="sm">
            {words.title}
          </Text>
          {words.advice && <Text size="sm">{words.advice}</Text>}
          {publication.problem && (
            <Text size="sm" mt={2}>
              <Foreign text={publication.problem} />
            </Text>
          )}
        </div>
      </div>
      {state === 'scheduled' && mayPublish && (
        <div className={classes.undo}>
          <span aria-hidden className={classes.bar} style={{ inlineSize: `${(Math.min(seconds, 15) / 15) * 100}%` }} />
          <Text size="sm" className={classes.count}>
            {seconds > 0 ? `Leaves in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}` : 'Leaving now…'}
          </Text>
          <Button size="compact-sm" leftSection={<IconArrowBackUp size={16} aria-hidden />} disabled={seconds === 0} loading={commands.busy === 'undo'} onClick={() => void commands.publication.undo()}>
            Undo
          </Button>
        </div>
      )}
      {(!isThere(publication) || !shown) && (
        <div className={classes.plain} dir="auto">
          <ForeignParts text={publication.text} />
        </div>
      )}
      {(state === 'by_hand' || state === 'failed') && <ByHand text={publication.text} address={publication.url ?? review.url} site={site} mayConfirm={mayPublish} {...act} onPasted={() => void commands.publication.copied()} />}
      {mayPublish && (
        <div className={classes.actions}>
          {(state === 'failed' || (state === 'sending' && (publication.attempts ?? 0) > 0)) && (
            <Button size="compact-sm" variant="light" leftSection={<IconRefresh size={15} aria-hidden />} loading={commands.busy === 'retry'} onClick={() => void commands.publication.retry()}>
              {state === 'failed' ? 'Try again' : 'Send now'}
            </Button>
          )}
          {state === 'by_hand' && (
            <Button size="compact-sm" variant="subtle" leftSection={<IconArrowBackUp size={15} aria-hidden />} loading={commands.busy === 'undo'} onClick={() => void commands.publication.undo()}>
              Back to the draft
            </Button>
          )}
        </div>
      )}
      <Text size="xs" c="dimmed">
        {isUnderWay(publication) || !publication.sent_at ? 'Published by ' : 'Sent by '}
        <Foreign text={actorWords(publication.by, personOf)} /> · <RelativeTime at={at} timeZone={timeZone} />
        {publication.next_at && state === 'sending' && (publication.attempts ?? 0) > 0 && (
          <>
            {' · next try '}
            <RelativeTime at={publication.next_at} timeZone={timeZone} />
          </>
        )}
      </Text>
    </div>
  );
}

type ByHandProps = { text: string; address: string | undefined; site: string; mayConfirm: boolean; busy: boolean; onPasted: () => void };

/** Copying a reply to a site in three steps, in their order. */
function ByHand({ text, address, site, mayConfirm, busy, onPasted }: ByHandProps) {
  const clipboard = useClipboard({ timeout: 4000 });
  const link = foreignLink(address);
  return (
    <ol className={classes.steps}>
      <li>
        <Button size="compact-sm" variant="default" leftSection={clipboard.copied ? <IconCheck size={15} aria-hidden /> : <IconCopy size={15} aria-hidden />} onClick={() => clipboard.copy(text)}>
          {clipboard.copied ? 'Copied' : 'Copy the text'}
        </Button>
      </li>
      <li>
        {link ? (
          <Button component="a" href={link} target="_blank" rel="noopener noreferrer nofollow" size="compact-sm" variant="default" rightSection={<IconExternalLink size={14} aria-label="(new tab)" />}>
            Open {site}
          </Button>
        ) : (
          <Text size="sm">Open the review on {site} and paste the text as the answer.</Text>
        )}
      </li>
      {mayConfirm && (
        <li>
          <Button size="compact-sm" disabled={busy} onClick={onPasted}>
            I have pasted it
          </Button>
        </li>
      )}
    </ol>
  );
}

/** Seconds left to take a reply back, ticking only while there are some. */
function useCountdown(publication: Publication): number {
  const [now, setNow] = useState(() => Date.now());
  const running = publication.state === 'scheduled';
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(timer);
  }, [running]);
  return undoSeconds(publication, now);
}

/** Looks at a review every few seconds while its reply leaves, also where the live stream is away. */
function usePolling(id: string, active: boolean): void {
  const client = useQueryClient();
  useEffect(() => {
    if (!active) return;
    const timer = setInterval(() => void client.invalidateQueries({ queryKey: keys.review(id) }), 4000);
    return () => clearInterval(timer);
  }, [client, id, active]);
}
