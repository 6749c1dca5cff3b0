import { Alert, Button, CopyButton, Text } from '@mantine/core';
import { IconAlertTriangle, IconCheck, IconCopy, IconPencil, IconTrash, IconUsers } from '@tabler/icons-react';
import { useMemo, useRef, useState } from 'react';
import { useMe, useOrganization } from '../api/queries';
import type { ReviewDetail } from '../api/types';
import { Failure } from '../app/Failure';
import { Foreign, ForeignParts } from '../text/Foreign';
import { useNow } from '../time/clock';
import { absoluteTime } from '../time/format';
import { siteName } from '../words/words';
import { DraftConflict } from './DraftConflict';
import { DraftVersions } from './DraftVersions';
import { Findings } from './Findings';
import type { Act } from './model';
import { PublicationPanel } from './PublicationPanel';
import { isThere, isUnderWay } from './publicationWords';
import { ReplyActions } from './ReplyActions';
import { useReviewCommands } from './replyCommands';
import type { Writing } from './replyDraft';
import { ReplyField } from './ReplyField';
import classes from './Reply.module.css';
import { StartFrom } from './StartFrom';
import { useEditors } from './useEditors';
import { useReplyCheck } from './useReplyCheck';
import { useReplyWriter } from './useReplyWriter';
import { actorWords } from './words';

type Props = { review: ReviewDetail; timeZone: string };

/** What a person may do with a review; a server that does not say leaves it to the role. */
export function allowedActs(review: ReviewDetail, role: string): ReadonlySet<Act> {
  return new Set<Act>(review.may ?? (role === 'viewer' ? [] : ['work', 'draft']));
}

/** The public reply from its first word until it is seen on the site. */
export function ReplySection({ review, timeZone }: Props) {
  const { person } = useMe();
  const may = useMemo(() => allowedActs(review, person.role), [review, person.role]);
  const commands = useReviewCommands(review.id);
  const [another, setAnother] = useState(false);
  const { publication, draft } = review;
  // What has been said stays in view; the next reply is written when somebody asks for it.
  const closed = isUnderWay(publication) || (isThere(publication) && !draft && !another);

  return (
    <>
      {publication && <PublicationPanel review={review} publication={publication} timeZone={timeZone} mayPublish={may.has('publish')} commands={commands} />}
      {!closed && may.has('draft') && !review.removed && <Editor review={review} timeZone={timeZone} may={may} commands={commands} />}
      {!closed && !may.has('draft') && draft && (
        <div className={classes.plain} dir="auto">
          <ForeignParts text={draft.text} />
        </div>
      )}
      {closed && isThere(publication) && may.has('draft') && !review.removed && (
        <Button size="compact-sm" variant="subtle" mt="xs" leftSection={<IconPencil size={15} aria-hidden />} onClick={() => setAnother(true)}>
          Change the reply
        </Button>
      )}
    </>
  );
}

type EditorProps = Props & { may: ReadonlySet<Act>; commands: ReturnType<typeof useReviewCommands> };

function Editor({ review, timeZone, may, commands }: EditorProps) {
  const { personOf } = useOrganization();
  const { writer, writing } = useReplyWriter(review);
  const [focused, setFocused] = useState(false);
  const [unlocked, setUnlocked] = useState(0);
  const [later, setLater] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const { draft } = review;
  const locked = draft !== undefined && (draft.state === 'waiting_approval' || draft.state === 'approved') && unlocked !== draft.version;
  const editors = useEditors(review.id, focused && !locked, may.has('draft'));
  const { text } = writing;
  const check = useReplyCheck(review.id, text);
  const { report } = check;
  const findings = report?.findings ?? [];
  const blocking = check.current ? findings.filter((finding) => finding.severity === 'block') : [];
  const hasText = text.trim() !== '';
  const write = (next: string, origin?: string) => writer.type(next, origin);
  const conflict = writing.phase === 'conflict';

  return (
    <div>
      {draft?.comment && draft.decided_by && draft.state !== 'approved' && (
        <Alert color="orange" variant="light" p="xs" mb="sm" icon={<IconAlertTriangle size={18} aria-hidden />} title={<><Foreign text={actorWords(draft.decided_by, personOf)} /> wants it changed</>} classNames={{ title: 'bs-alert-title' }} role="note">
          <Foreign text={draft.comment} />
        </Alert>
      )}
      {draft?.state === 'approved' && draft.decided_by && (
        <p className={classes.approved}>
          <IconCheck size={16} aria-hidden /> Approved by <Foreign text={actorWords(draft.decided_by, personOf)} />
          {draft.comment && <>: <Foreign text={draft.comment} /></>}
        </p>
      )}
      <div className={classes.tools}>
        {!locked && (
          <StartFrom
            review={review}
            onPick={(chosen, origin) => {
              write(chosen, origin);
              field.current?.focus();
            }}
          />
        )}
        {editors.length > 0 && (
          <span className={classes.editors} role="status">
            <IconUsers size={15} aria-hidden />
            <Foreign text={editors.map((editor) => editor.name).join(', ')} /> {editors.length === 1 ? 'is' : 'are'} writing too
          </span>
        )}
      </div>
      <ReplyField field={field} text={text} findings={findings} readOnly={locked} onChange={write} onWriting={setFocused} />
      <div className={classes.below}>
        <SaveState writing={writing} review={review} timeZone={timeZone} onRetry={() => void writer.flush()} onSettle={() => setLater(false)} />
        <Text size="xs" c="dimmed" className={classes.count}>
          {check.current && report ? <Length site={review.site} characters={report.characters} bytes={report.bytes} /> : hasText ? 'Looking at it…' : ''}
        </Text>
      </div>
      {check.error !== undefined && <Failure error={check.error} title="The reply could not be checked" retry={check.retry} />}
      <div aria-live="polite">
        {report && hasText && <Findings verdict={report.verdict} findings={findings} text={text} onMend={locked ? undefined : (next) => write(next)} />}
      </div>
      <ReplyActions review={review} writer={writer} hasText={hasText && !conflict} blocking={blocking} may={may} commands={commands} />
      <div className={classes.more}>
        {locked && draft && (
          <Button
            size="compact-sm"
            variant="subtle"
            leftSection={<IconPencil size={15} aria-hidden />}
            onClick={() => {
              setUnlocked(draft.version);
              field.current?.focus();
            }}
          >
            Change the text
          </Button>
        )}
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <Button
              size="compact-sm"
              variant="subtle"
              leftSection={copied ? <IconCheck size={15} aria-hidden /> : <IconCopy size={15} aria-hidden />}
              disabled={!check.current || report?.verdict === 'block'}
              onClick={copy}
            >
              {copied ? 'Copied' : 'Copy the reply'}
            </Button>
          )}
        </CopyButton>
        {draft && (
          <Button
            size="compact-sm"
            variant="subtle"
            color="gray"
            leftSection={<IconTrash size={15} aria-hidden />}
            loading={commands.busy === 'discard'}
            onClick={() =>
              void (async () => {
                if (await writer.flush()) await commands.draft.discard(writer.current().base.version, writer.current().text);
              })()
            }
          >
            Throw away
          </Button>
        )}
      </div>
      {locked && draft && <Text size="xs" c="dimmed">A changed text has to be approved again.</Text>}
      <DraftVersions
        earlier={draft?.earlier ?? []}
        timeZone={timeZone}
        onRestore={
          locked
            ? undefined
            : (version) => {
                write(version.text);
                void writer.flush();
              }
        }
      />
      <DraftConflict
        opened={conflict && !later}
        mine={text}
        theirs={writing.theirs ?? null}
        onKeep={() => writer.keepMine()}
        onTake={() => writer.takeTheirs()}
        onClose={() => setLater(true)}
      />
    </div>
  );
}

type SaveStateProps = { writing: Writing; review: ReviewDetail; timeZone: string; onRetry: () => void; onSettle: () => void };

/** Whether what is written is safe, in a few words. */
function SaveState({ writing, review, timeZone, onRetry, onSettle }: SaveStateProps) {
  const { person } = useMe();
  const { personOf } = useOrganization();
  const now = useNow();
  const { draft } = review;
  switch (writing.phase) {
    case 'saving':
    case 'waiting':
      return <Text size="xs" c="dimmed">{writing.phase === 'saving' ? 'Saving…' : 'Not saved yet'}</Text>;
    case 'failed':
      return (
        <span className={classes.warn} role="alert">
          Not saved: {writing.problem?.message}{' '}
          <Button size="compact-xs" variant="light" onClick={onRetry}>
            Save now
          </Button>
        </span>
      );
    case 'conflict':
      return (
        <span className={classes.warn} role="alert">
          Not saved: somebody else changed it.{' '}
          <Button size="compact-xs" variant="light" onClick={onSettle}>
            Compare
          </Button>
        </span>
      );
    default:
      if (!draft) return <span />;
      return (
        <Text size="xs" c="dimmed" component="span" title={absoluteTime(draft.at, timeZone)}>
          Saved {clockTime(draft.at, now)} by {draft.by.id === person.id ? 'you' : <Foreign text={actorWords(draft.by, personOf)} />}
        </Text>
      );
  }
}

/** "10:42 AM" today, with the date before it on another day, on the reader's own clock. */
function clockTime(at: string, now: number): string {
  const time = new Date(at);
  const today = time.toDateString() === new Date(now).toDateString();
  return time.toLocaleString('en-US', { ...(today ? {} : { month: 'short', day: 'numeric' }), hour: 'numeric', minute: '2-digit' });
}

/** How long a reply may be where its site says so; Google counts bytes. */
const limits: Record<string, { bytes?: number; characters?: number }> = { google: { bytes: 4096 }, yelp: { characters: 5000 } };

function Length({ site, characters, bytes }: { site: string; characters: number; bytes: number }) {
  const limit = Object.hasOwn(limits, site) ? limits[site] : undefined;
  const n = (value: number) => value.toLocaleString('en-US');
  if (limit?.bytes) return `${n(bytes)} of ${n(limit.bytes)} bytes for ${siteName(site)}`;
  if (limit?.characters) return `${n(characters)} of ${n(limit.characters)} characters for ${siteName(site)}`;
  return `${n(characters)} characters`;
}
