import { Avatar } from '@mantine/core';
import { IconUserQuestion } from '@tabler/icons-react';
import type { Person } from '../api/types';
import { Foreign } from '../text/Foreign';
import classes from './owner.module.css';

/** Who owns a case, with a face; nobody is said as plainly as somebody. */
export function Owner({ person, ownerId, isMe }: { person: Person | undefined; ownerId: string | null; isMe: boolean }) {
  if (!ownerId) {
    return (
      <span className={classes.owner} data-nobody>
        <IconUserQuestion size={18} stroke={1.7} aria-hidden />
        Unassigned
      </span>
    );
  }
  return (
    <span className={classes.owner}>
      <Avatar size={20} radius="xl" name={person?.name ?? '?'} color="calm" variant="filled" alt="" aria-hidden classNames={{ placeholder: classes.face }} />
      <span className={classes.name}>{isMe ? 'Me' : person ? <Foreign text={person.name} /> : 'Former colleague'}</span>
    </span>
  );
}
