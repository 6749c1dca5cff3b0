import { Button, Modal, Text, Title } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useOrganization } from '../api/queries';
import { Foreign, ForeignParts } from '../text/Foreign';
import type { ReplyDraft } from './model';
import classes from './Reply.module.css';
import { actorWords } from './words';

type Props = {
  opened: boolean;
  mine: string;
  /** What is saved now; null where the draft was thrown away or is done with. */
  theirs: ReplyDraft | null;
  onKeep: () => void;
  onTake: () => void;
  onClose: () => void;
};

/** Two people wrote the same reply: both texts, and the choice. Nothing is lost before it is made. */
export function DraftConflict({ opened, mine, theirs, onKeep, onTake, onClose }: Props) {
  const { personOf } = useOrganization();
  const clipboard = useClipboard({ timeout: 3000 });
  const who = theirs ? actorWords(theirs.by, personOf) : '';
  return (
    <Modal opened={opened} onClose={onClose} title="Somebody else changed this reply" size="lg">
      <Text size="sm" mb="sm">
        {theirs ? (
          <>
            <Foreign text={who} /> saved another text while you were writing. Which one shall it be?
          </>
        ) : (
          'The draft was thrown away or published while you were writing. Shall your text be a new draft?'
        )}
      </Text>
      <div className={classes.versus}>
        <section aria-labelledby="conflict-mine">
          <Title order={3} size="sm" id="conflict-mine">
            Yours
          </Title>
          <div className={classes.plain} dir="auto">
            <ForeignParts text={mine} />
          </div>
        </section>
        <section aria-labelledby="conflict-theirs">
          <Title order={3} size="sm" id="conflict-theirs">
            {theirs ? (
              <>
                Saved by <Foreign text={who} />
              </>
            ) : (
              'Saved now'
            )}
          </Title>
          <div className={classes.plain} dir="auto">
            {theirs ? <ForeignParts text={theirs.text} /> : <em>No draft</em>}
          </div>
        </section>
      </div>
      <div className={classes.choices}>
        <Button variant="default" leftSection={clipboard.copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />} onClick={() => clipboard.copy(mine)}>
          {clipboard.copied ? 'Copied' : 'Copy mine'}
        </Button>
        <Button variant="default" onClick={onTake}>
          {theirs ? 'Take theirs' : 'Drop mine'}
        </Button>
        <Button onClick={onKeep} data-autofocus>
          Keep mine
        </Button>
      </div>
      {theirs && (
        <Text size="xs" c="dimmed" mt="xs">
          The other text stays among the earlier versions.
        </Text>
      )}
    </Modal>
  );
}
