import { TextInput } from '@mantine/core';
import { useState } from 'react';

type Props = { label: string; name: string; taken: readonly string[]; readOnly: boolean; onRename: (to: string) => void };

/** A name that other parts of the plan refer to: it is changed everywhere when the field is left. */
export function NameField({ label, name, taken, readOnly, onRename }: Props) {
  const [text, setText] = useState(name);
  const wanted = text.trim().toLowerCase().replace(/\s+/g, '-');
  const fault = !wanted ? 'Give it a name.' : wanted !== name && taken.includes(wanted) ? 'There is one of this name.' : '';
  return (
    <TextInput
      label={label}
      maxLength={60}
      disabled={readOnly}
      value={text}
      error={fault}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={() => {
        if (fault) setText(name);
        else if (wanted !== name) onRename(wanted);
      }}
    />
  );
}

/** "team", "team-2" and so on: the first that is not taken. */
export function freeName(base: string, taken: readonly string[]): string {
  let name = base;
  for (let n = 2; taken.includes(name); n++) name = `${base}-${n}`;
  return name;
}
