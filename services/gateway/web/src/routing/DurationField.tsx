import { Group, NumberInput, Select } from '@mantine/core';
import { useState } from 'react';
import { durationOf, lengthOf, unitWords, type Unit } from './durations';

type Props = { label: string; description?: string; value: string | undefined; onChange: (value: string | undefined) => void; placeholder?: string };

/** A length of time as a number and its unit; an empty number is none. */
export function DurationField({ label, description, value, onChange, placeholder = 'None' }: Props) {
  const length = lengthOf(value);
  const [unit, setUnit] = useState<Unit>(length?.unit ?? 'h');
  const shown = length?.unit ?? unit;
  return (
    <Group gap={6} align="flex-end" wrap="nowrap">
      <NumberInput label={label} description={description} placeholder={placeholder} min={0} max={9999} allowDecimal={false} allowNegative={false} style={{ flex: 1 }} value={length?.n ?? ''} onChange={(n) => onChange(n === '' || Number(n) === 0 ? undefined : durationOf({ n: Number(n), unit: shown }))} />
      <Select
        aria-label={`Unit of ${label.toLowerCase()}`}
        w={110}
        allowDeselect={false}
        comboboxProps={{ withinPortal: false, width: 170 }}
        data={(Object.keys(unitWords) as Unit[]).map((key) => ({ value: key, label: key === 'd' ? 'days (24 h)' : unitWords[key] }))}
        value={shown}
        onChange={(next) => {
          if (!next) return;
          setUnit(next as Unit);
          if (length) onChange(durationOf({ n: length.n, unit: next as Unit }));
        }}
      />
    </Group>
  );
}
