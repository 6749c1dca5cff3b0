import { Alert, Button, CopyButton, Group, Text, Textarea } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { IconAlertTriangle, IconCheck, IconCopy, IconExternalLink, IconHandStop } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { api, dataOf } from '../api/client';
import type { ReplyFinding, ReviewDetail } from '../api/types';
import { Failure } from '../app/Failure';
import { Foreign, ForeignParts } from '../text/Foreign';
import { spansFromBytes } from '../text/utf8';
import { siteName } from '../words/words';
import { loadDraft, saveDraft } from './drafts';
import { foreignLink } from './links';
import classes from './ReplyCheck.module.css';

/** How long typing must rest before the text is looked at. */
const rest = 350;

/**
 * A reply, looked at while it is written: what must not be public, why, and what to write instead. Bedside sends it
 * nowhere; it is copied and pasted on the site, and seen there when the listing is read next.
 */
export function ReplyCheck({ review }: { review: ReviewDetail }) {
  const place = `reply ${review.id}`;
  const [draft, setDraft] = useState(() => loadDraft(place));
  const [text] = useDebouncedValue(draft.text, rest);
  const check = useQuery({
    queryKey: ['reply-check', review.id, text],
    queryFn: ({ signal }) =>
      dataOf(api.POST('/api/v1/reviews/{id}/reply/check', { params: { path: { id: review.id } }, body: { reply: text }, signal })),
    enabled: text.trim() !== '',
    placeholderData: keepPreviousData,
    gcTime: 0,
    retry: 1,
  });
  const report = text.trim() ? check.data : undefined;
  const current = report && text === draft.text && !check.isPlaceholderData;
  const link = foreignLink(review.url);

  return (
    <div>
      <Textarea
        label="Public reply"
        description="Do not say that the reviewer is a patient, and nothing about their care. Each word is looked at as you write."
        autosize
        minRows={3}
        maxRows={14}
        maxLength={20_000}
        value={draft.text}
        onChange={(event) => setDraft(saveDraft(place, draft, event.currentTarget.value))}
      />
      {check.isError && <Failure error={check.error} title="The reply could not be checked" retry={() => void check.refetch()} />}
      <div aria-live="polite">
        {report && (
          <>
            <Verdict verdict={report.verdict} />
            {report.findings.length > 0 && (
              <>
                <Marked text={text} findings={report.findings} />
                <ul className={classes.findings} aria-label="What the check found">
                  {report.findings.map((finding, i) => (
                    <li key={i} className={classes.finding} data-severity={finding.severity}>
                      <Text size="sm" fw={600}>
                        {finding.quote && <>“<Foreign text={finding.quote} />” </>}
                        <Text span size="xs" c="dimmed" fw={400}>
                          {finding.severity === 'block' ? 'must not be public' : 'look at this again'}
                        </Text>
                      </Text>
                      <Text size="sm">{finding.why}</Text>
                      {finding.suggestion && (
                        <Text size="sm">
                          Better: <em>{finding.suggestion}</em>
                        </Text>
                      )}
                      {finding.source && (
                        <Text size="xs" c="dimmed">
                          {finding.source}
                        </Text>
                      )}
                    </li>
                  ))}
                </ul>
              </>
            )}
          </>
        )}
      </div>
      <Group justify="space-between" mt="sm" gap="xs">
        <Text size="xs" c="dimmed">
          {current ? `${report.characters.toLocaleString('en-US')} characters, ${report.bytes.toLocaleString('en-US')} bytes` : draft.text.trim() ? 'Looking at it…' : ''}
        </Text>
        <Group gap={6}>
          <CopyButton value={draft.text}>
            {({ copied, copy }) => (
              <Button
                size="compact-sm"
                variant="default"
                leftSection={copied ? <IconCheck size={15} aria-hidden /> : <IconCopy size={15} aria-hidden />}
                disabled={!current || report.verdict === 'block'}
                onClick={copy}
              >
                {copied ? 'Copied' : 'Copy the reply'}
              </Button>
            )}
          </CopyButton>
          {link && (
            <Button component="a" href={link} target="_blank" rel="noopener noreferrer nofollow" size="compact-sm" variant="default" rightSection={<IconExternalLink size={14} aria-label="(new tab)" />}>
              Open <Foreign text={siteName(review.site)} />
            </Button>
          )}
        </Group>
      </Group>
    </div>
  );
}

function Verdict({ verdict }: { verdict: 'block' | 'warn' | 'pass' }) {
  if (verdict === 'block') {
    return (
      <Alert color="red" variant="light" mt="sm" p="xs" icon={<IconHandStop size={18} aria-hidden />} title="Do not publish this" classNames={{ title: 'bs-alert-title' }} role="note">
        It tells something about the reviewer that must stay private, or breaks a rule. Change what is marked.
      </Alert>
    );
  }
  if (verdict === 'warn') {
    return (
      <Alert color="orange" variant="light" mt="sm" p="xs" icon={<IconAlertTriangle size={18} aria-hidden />} title="Read it once more" classNames={{ title: 'bs-alert-title' }} role="note">
        Nothing in it must stay private, but it may not be taken well.
      </Alert>
    );
  }
  return (
    <Text size="sm" mt="sm" className={classes.pass}>
      <IconCheck size={16} aria-hidden /> Nothing was found that must stay private.
    </Text>
  );
}

type Piece = { text: string; severity?: 'block' | 'warn' };

/** The text cut at the findings; where several lie over each other the gravest counts. */
export function piecesOf(text: string, findings: readonly Pick<ReplyFinding, 'start' | 'end' | 'severity'>[]): Piece[] {
  const spans = spansFromBytes(text, findings).flatMap((span, i) => {
    const severity = findings[i]?.severity;
    return span && severity ? [{ ...span, severity }] : [];
  });
  const cuts = [...new Set([0, text.length, ...spans.flatMap(({ start, end }) => [start, end])])].sort((a, b) => a - b);
  const pieces: Piece[] = [];
  for (let i = 0; i + 1 < cuts.length; i++) {
    const from = cuts[i] as number;
    const to = cuts[i + 1] as number;
    const over = spans.filter((span) => span.start <= from && span.end >= to);
    const severity = over.some((span) => span.severity === 'block') ? 'block' : over[0]?.severity;
    pieces.push({ text: text.slice(from, to), severity });
  }
  return pieces;
}

function Marked({ text, findings }: { text: string; findings: readonly ReplyFinding[] }) {
  const pieces = useMemo(() => piecesOf(text, findings), [text, findings]);
  return (
    <div className={classes.marked} dir="auto">
      {pieces.map((piece, i) =>
        piece.severity ? (
          <mark key={i} className={classes.mark} data-severity={piece.severity}>
            <ForeignParts text={piece.text} />
          </mark>
        ) : (
          <ForeignParts key={i} text={piece.text} />
        ),
      )}
    </div>
  );
}
