import { VisuallyHidden } from '@mantine/core';
import { Fragment } from 'react';
import { foreignParts } from './foreign';
import { searchHits } from './search';
import classes from './text.module.css';

type Props = { text: string; query?: string };

/**
 * Text that people or sites wrote: always as text, isolated from its surroundings so that right-to-left writing
 * moves nothing beside it, control characters as visible marks, words of a search highlighted.
 */
export function Foreign({ text, query }: Props) {
  return (
    <bdi>
      <ForeignParts text={text} query={query} />
    </bdi>
  );
}

/** The same without its own isolation, for stretches inside one isolated block. */
export function ForeignParts({ text, query = '' }: Props) {
  return foreignParts(text).map((part, i) =>
    'sign' in part ? (
      <span key={i} className={classes.sign} title={part.name} dir="ltr">
        <span aria-hidden="true">{part.sign}</span>
        <VisuallyHidden>{part.name}</VisuallyHidden>
      </span>
    ) : (
      <Fragment key={i}>
        {searchHits(part.text, query).map((hit, j) =>
          hit.hit ? (
            <mark key={j} className={classes.hit}>
              {hit.text}
            </mark>
          ) : (
            hit.text
          ),
        )}
      </Fragment>
    ),
  );
}
