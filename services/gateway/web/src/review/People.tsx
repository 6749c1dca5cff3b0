import type { Mention } from '../api/types';
import { Foreign } from '../text/Foreign';
import { PolarityIcon } from '../words/Chips';
import { mentionWords } from '../words/words';
import classes from './People.module.css';

/** The people of the practice that a text names, each once, and how it speaks of them. */
export function People({ mentions }: { mentions: readonly Mention[] }) {
  const people = [...new Map(mentions.map((mention) => [mention.name, mention])).values()];
  if (!people.length) return null;
  return (
    <ul className={classes.people} aria-label="People named">
      {people.map(({ name, role, polarity }) => (
        <li key={name} className={classes.person}>
          <Foreign text={role && !name.toLowerCase().includes(role.toLowerCase()) ? `${name}, ${role}` : name} />
          {polarity && (
            <span className={classes.polarity} data-polarity={polarity}>
              <PolarityIcon polarity={polarity} /> {mentionWords[polarity]}
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}
