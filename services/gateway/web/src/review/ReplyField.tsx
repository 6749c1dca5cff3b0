import { Textarea } from '@mantine/core';
import { useMemo, type RefObject } from 'react';
import type { ReplyFinding } from '../api/types';
import { piecesOf, stillThere } from './findings';
import classes from './Reply.module.css';

type Props = {
  field?: RefObject<HTMLTextAreaElement | null>;
  text: string;
  findings: readonly ReplyFinding[];
  readOnly: boolean;
  onChange: (text: string) => void;
  onWriting: (writing: boolean) => void;
};

/**
 * Where a reply is written, with what the check found marked under the very words. The marks lie in a copy of the
 * text behind the field, which grows with the text, so that the two never scroll apart.
 */
export function ReplyField({ field, text, findings, readOnly, onChange, onWriting }: Props) {
  const pieces = useMemo(() => piecesOf(text, stillThere(text, findings)), [text, findings]);
  return (
    <Textarea
      ref={field}
      label="Public reply"
      description="Do not say that the reviewer is a patient, and nothing about their care. Each word is looked at as you write."
      autosize
      minRows={3}
      maxLength={10_000}
      value={text}
      readOnly={readOnly}
      classNames={{ input: classes.field, wrapper: classes.fieldWrapper }}
      inputContainer={(input) => (
        <div className={classes.marks}>
          <div className={classes.copy} aria-hidden dir="auto">
            {pieces.map((piece, i) =>
              piece.severity ? (
                <mark key={i} className={classes.mark} data-severity={piece.severity}>
                  {piece.text}
                </mark>
              ) : (
                piece.text
              ),
            )}
          </div>
          {input}
        </div>
      )}
      onChange={(event) => onChange(event.currentTarget.value)}
      onFocus={() => onWriting(true)}
      onBlur={() => onWriting(false)}
      onKeyDown={(event) => {
        if (event.key === 'Escape') event.currentTarget.blur();
      }}
    />
  );
}
