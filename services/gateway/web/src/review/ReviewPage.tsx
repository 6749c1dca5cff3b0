import { ActionIcon, Alert, Anchor, Button, Skeleton, Title, Tooltip } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { IconAlertOctagon, IconArrowLeft, IconChevronDown, IconChevronUp, IconMessageReply, IconTrashX } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import { asProblem } from '../api/problem';
import { reviewQuery, useMe, useOrganization, useTopics } from '../api/queries';
import type { ReviewDetail, TopicKey } from '../api/types';
import { Empty } from '../app/Empty';
import { Failure } from '../app/Failure';
import { useShortcuts } from '../app/shortcuts';
import { usePageTitle } from '../app/usePageTitle';
import { Foreign, ForeignParts } from '../text/Foreign';
import { RelativeTime } from '../time/Time';
import { OverallChip, Rating } from '../words/Chips';
import { humanise, polarityWords, siteName, urgentWords } from '../words/words';
import { CasePanel } from './CasePanel';
import { useCaseCommands } from './commands';
import { AddTag, CorrectedNotice } from './Correct';
import { useCorrections, withFlag, withTopic } from './corrections';
import { Details } from './Details';
import { EarlierVersions } from './EarlierVersions';
import { EvidenceText } from './EvidenceText';
import { History } from './History';
import { Legend } from './Legend';
import { Notes } from './Notes';
import { People } from './People';
import { allowedActs, ReplySection } from './ReplySection';
import classes from './ReviewPage.module.css';
import { trailOf } from './trail';

export function ReviewPage() {
  const { id = '' } = useParams();
  const query = useQuery(reviewQuery(id));
  const client = useQueryClient();
  const navigate = useNavigate();
  const trail = trailOf(client, id);
  const go = (to: string | undefined) => (to ? void navigate(`/reviews/${encodeURIComponent(to)}`, { replace: true }) : false);
  useShortcuts({ u: () => void navigate(trail.inbox), j: () => go(trail.next), k: () => go(trail.previous) });

  return (
    <div className={classes.page}>
      <nav className={classes.trail} aria-label="Inbox">
        <Anchor component={Link} to={trail.inbox} size="sm" className={classes.back}>
          <IconArrowLeft size={16} aria-hidden /> Inbox
        </Anchor>
        {trail.position !== undefined && (
          <span className={classes.steps}>
            {trail.position} of {trail.length}
            <Step to={trail.previous} label="Previous review (k)" icon={<IconChevronUp size={18} aria-hidden />} onGo={go} />
            <Step to={trail.next} label="Next review (j)" icon={<IconChevronDown size={18} aria-hidden />} onGo={go} />
          </span>
        )}
      </nav>
      {query.data ? (
        <ReviewView key={id} review={query.data.review} etag={query.data.etag} />
      ) : query.isError ? (
        asProblem(query.error).status === 404 ? (
          <Empty icon={<IconTrashX size={40} stroke={1.4} />} title="There is no such review" wholePage actions={<Button component={Link} to={trail.inbox}>Back to the inbox</Button>}>
            The address may be mistyped, or the review belongs to another organization.
          </Empty>
        ) : (
          <Failure error={query.error} title="The review could not be loaded" retry={() => void query.refetch()} />
        )
      ) : (
        <div role="status" aria-label="Loading the review">
          <Skeleton h={20} w="40%" mb="lg" />
          <Skeleton h={120} />
        </div>
      )}
    </div>
  );
}

function Step({ to, label, icon, onGo }: { to: string | undefined; label: string; icon: React.ReactNode; onGo: (to: string | undefined) => void }) {
  return (
    <Tooltip label={label}>
      <ActionIcon variant="default" size={30} disabled={!to} aria-label={label} onClick={() => onGo(to)}>
        {icon}
      </ActionIcon>
    </Tooltip>
  );
}

function ReviewView({ review, etag }: { review: ReviewDetail; etag: string | null }) {
  const { locationOf } = useOrganization();
  const { person } = useMe();
  const { assign } = useCaseCommands();
  const location = locationOf(review.location_id);
  const timeZone = location?.time_zone ?? 'UTC';
  const may = allowedActs(review, person.role);
  const mayAct = may.has('work');
  const heading = usePageTitle(`Review by ${review.author || 'Anonymous'}`);
  const ownerField = useRef<HTMLInputElement>(null);
  const statusField = useRef<HTMLInputElement>(null);
  const noteField = useRef<HTMLTextAreaElement>(null);
  const [hidden, setHidden] = useState<ReadonlySet<TopicKey>>(new Set());
  const { nameOf } = useTopics();
  const { correct, takeBack } = useCorrections(review, etag);

  const openField = (field: HTMLInputElement | null) => {
    field?.focus();
    field?.click();
  };
  useShortcuts({
    a: () => (mayAct ? void assign({ id: review.id, etag }, person.id) : false),
    e: () => (mayAct ? openField(ownerField.current) : false),
    s: () => (mayAct ? openField(statusField.current) : false),
    n: () => (mayAct ? noteField.current?.focus() : false),
  });
  useEffect(() => {
    // In braces: some browsers answer a promise, which is no clean-up.
    void document.getElementById('content')?.scrollTo({ top: 0 });
  }, [review.id]);

  const toggle = (topic: TopicKey) => {
    const next = new Set(hidden);
    if (!next.delete(topic)) next.add(topic);
    setHidden(next);
  };

  return (
    <div className={classes.columns}>
      <article className={classes.review} aria-labelledby="review-title">
        <header className={classes.head}>
          <Title order={1} id="review-title" ref={heading} tabIndex={-1}>
            <Foreign text={review.author || 'Anonymous'} />
          </Title>
          <div className={classes.about}>
            <Rating rating={review.rating} raw={review.raw_rating} />
            <OverallChip overall={review.overall} />
            <span>
              <Foreign text={siteName(review.site)} /> · <Foreign text={location?.name ?? 'Unknown location'} /> · <RelativeTime at={review.posted_at} timeZone={timeZone} />
            </span>
          </div>
        </header>
        {review.urgent.length > 0 && (
          <Alert color="red" variant="filled" icon={<IconAlertOctagon size={20} aria-hidden />} title="Urgent" classNames={{ root: classes.urgent }} role="note">
            {review.urgent.map((flag) => urgentWords[flag] ?? humanise(flag)).join(' · ')}. Do not let this wait for the morning.
          </Alert>
        )}
        {review.removed && (
          <Alert color="gray" variant="light" icon={<IconTrashX size={18} aria-hidden />} title="No longer on its site" role="note">
            The text is kept here as it was last seen.
          </Alert>
        )}
        <section className={classes.card} aria-label="Text">
          {review.title && (
            <p className={classes.headline} dir="auto">
              <Foreign text={review.title} />
            </p>
          )}
          {review.text ? (
            <EvidenceText text={review.text} tags={review.tags} mentions={review.mentions} language={review.language} hidden={hidden} />
          ) : (
            <p className={classes.dimmed}>No text, only a rating.</p>
          )}
          {review.excerpt && <p className={classes.dimmed}>The site shows only the beginning of this text.</p>}
          <div className={classes.legend}>
            <Legend
              tags={review.tags}
              hidden={hidden}
              onToggle={toggle}
              onCorrect={
                mayAct
                  ? (topic, polarity) =>
                      void correct(
                        { tags: withTopic(review, topic, polarity) },
                        polarity === 'absent' ? `${nameOf(topic)} no longer counts.` : `${nameOf(topic)} is now ${polarityWords[polarity].toLowerCase()}.`,
                      )
                  : undefined
              }
            />
            {mayAct && (
              <AddTag
                review={review}
                onTopic={(topic, polarity) => void correct({ tags: withTopic(review, topic, polarity) }, `${nameOf(topic)} added.`)}
                onOverall={(overall) => void correct({ overall }, `The review now counts as ${polarityWords[overall].toLowerCase()}.`)}
                onFlag={(flag) => void correct({ urgent: withFlag(review, flag) }, review.urgent.includes(flag) ? 'The urgent flag is gone.' : 'Flagged as urgent.')}
              />
            )}
            <CorrectedNotice review={review} timeZone={timeZone} mayAct={mayAct} onTakeBack={() => void takeBack()} />
            <People mentions={review.mentions ?? []} />
          </div>
        </section>
        {review.site_reply && (
          <section className={`${classes.card} ${classes.after}`} aria-labelledby="reply-title">
            <Title order={2} id="reply-title" className={classes.subtitle}>
              <IconMessageReply size={17} aria-hidden /> Your reply on the site
            </Title>
            <div className={classes.plain} dir="auto">
              <ForeignParts text={review.site_reply.text} />
            </div>
            {review.site_reply.state === 'pending' && <p className={classes.dimmed}>The site has not published it yet: it looks at replies first.</p>}
            {review.site_reply.state === 'rejected' && (
              <Alert color="orange" variant="light" mt="xs" p="xs" title="The site refused this reply" role="note">
                {review.site_reply.problem ? <Foreign text={review.site_reply.problem} /> : 'It gives no reason. Write it differently and send it again.'}
              </Alert>
            )}
            {review.site_reply.updated_at && (
              <p className={classes.dimmed}>
                <RelativeTime at={review.site_reply.updated_at} timeZone={timeZone} />
              </p>
            )}
          </section>
        )}
        {(review.publication || review.draft || (may.has('draft') && !review.removed)) && (
          <section className={`${classes.card} ${classes.reply}`} aria-labelledby="write-title">
            <Title order={2} id="write-title" className={classes.subtitle}>
              <IconMessageReply size={17} aria-hidden /> Reply
            </Title>
            <ReplySection review={review} timeZone={timeZone} />
          </section>
        )}
        <EarlierVersions versions={review.earlier} timeZone={timeZone} language={review.language} />
        <section className={`${classes.card} ${classes.after}`} aria-labelledby="notes-title">
          <Title order={2} id="notes-title" className={classes.subtitle}>
            Notes
          </Title>
          <Notes reviewId={review.id} notes={review.notes} timeZone={timeZone} mayAct={mayAct} field={noteField} />
        </section>
      </article>
      <aside className={classes.side} aria-label="Case and history">
        <section className={`${classes.card} ${classes.first}`} aria-labelledby="case-title">
          <Title order={2} id="case-title" className={classes.subtitle}>
            Case
          </Title>
          <CasePanel review={review} etag={etag} timeZone={timeZone} ownerField={ownerField} statusField={statusField} />
        </section>
        <section className={classes.card} aria-labelledby="details-title">
          <Title order={2} id="details-title" className={classes.subtitle}>
            Details
          </Title>
          <Details review={review} location={location} />
        </section>
        <section className={classes.card} aria-labelledby="history-title">
          <Title order={2} id="history-title" className={classes.subtitle}>
            History
          </Title>
          <History reviewId={review.id} timeZone={timeZone} />
        </section>
      </aside>
    </div>
  );
}
