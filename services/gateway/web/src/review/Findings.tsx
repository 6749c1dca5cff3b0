import { Alert, Button, Text } from '@mantine/core';
import { IconAlertTriangle, IconCheck, IconHandStop } from '@tabler/icons-react';
import type { ReplyFinding } from '../api/types';
import { Foreign } from '../text/Foreign';
import { humanise } from '../words/words';
import classes from './Reply.module.css';
import { mended, wordings } from './wording';

type Props = {
  verdict: 'block' | 'warn' | 'pass';
  findings: readonly ReplyFinding[];
  text: string;
  /** Takes a text in which a finding was mended; missing where the text cannot be changed. */
  onMend?: (text: string) => void;
};

/** What the check says of a reply: the rule, why, where that comes from, and what to write instead. */
export function Findings({ verdict, findings, text, onMend }: Props) {
  return (
    <>
      <Verdict verdict={verdict} />
      {findings.length > 0 && (
        <ul className={classes.findings} aria-label="What the check found">
          {findings.map((finding, i) => (
            <li key={i} className={classes.finding} data-severity={finding.severity}>
              <Text size="sm" fw={600}>
                {finding.quote && (
                  <>
                    “<Foreign text={finding.quote} />”{' '}
                  </>
                )}
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
              <Text size="xs" c="dimmed">
                Rule {humanise(finding.rule).toLowerCase()}
                {finding.source && ` · ${finding.source}`}
              </Text>
              {onMend && <Mend finding={finding} text={text} onMend={onMend} />}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

/** Ways to mend a finding with one press: each wording the advice gives, and taking the sentence out. */
function Mend({ finding, text, onMend }: { finding: ReplyFinding; text: string; onMend: (text: string) => void }) {
  const [words] = wordings(finding.suggestion);
  const better = words ? mended(text, finding, words) : undefined;
  const without = mended(text, finding, '');
  return (
    <div className={classes.mend}>
      {better !== undefined && (
        <Button size="compact-xs" variant="light" onClick={() => onMend(better)}>
          Use this wording
        </Button>
      )}
      {without !== undefined && (
        <Button size="compact-xs" variant="subtle" onClick={() => onMend(without)}>
          Take the sentence out
        </Button>
      )}
    </div>
  );
}

function Verdict({ verdict }: { verdict: Props['verdict'] }) {
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
