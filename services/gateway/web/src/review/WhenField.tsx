import { Button, TextInput } from '@mantine/core';
import { fieldMoment, fieldValue, type QuickTime } from './when';
import classes from './Case.module.css';

type Props = { label: string; description?: string; times: readonly QuickTime[]; value: number | undefined; onChange: (at: number | undefined) => void; timeZone: string; now: number; required?: boolean };

/** A date and an hour, the usual ones with one press. All in the time of the review's location. */
export function WhenField({ label, description, times, value, onChange, timeZone, now, required }: Props) {
  return (
    <div>
      <TextInput
        type="datetime-local"
        label={label}
        description={description}
        required={required}
        min={fieldValue(now, timeZone)}
        value={value === undefined ? '' : fieldValue(value, timeZone)}
        onChange={(event) => onChange(fieldMoment(event.currentTarget.value, timeZone))}
      />
      <div className={classes.quick}>
        {times.map((time) => (
          <Button key={time.name} size="compact-xs" variant={value === time.at ? 'filled' : 'default'} aria-pressed={value === time.at} onClick={() => onChange(time.at)}>
            {time.name}
          </Button>
        ))}
      </div>
    </div>
  );
}
