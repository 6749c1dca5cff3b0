import { Button, Group, Menu, Modal, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconBellZ, IconChevronDown } from '@tabler/icons-react';
import { useState } from 'react';
import type { ReviewDetail } from '../api/types';
import { useNow } from '../time/clock';
import { absoluteTime, shortTime } from '../time/format';
import { pendingStatuses } from '../words/words';
import type { useReviewCommands } from './replyCommands';
import { snoozeTimes } from './when';
import { WhenField } from './WhenField';

type MenuProps = { timeZone: string; onSnooze: (until: number) => void; label?: string };

/** When to show something again: the usual times, or any. */
export function SnoozeMenu({ timeZone, onSnooze, label = 'Snooze' }: MenuProps) {
  const now = useNow();
  const [picking, picker] = useDisclosure(false);
  const [at, setAt] = useState<number | undefined>(undefined);
  const times = snoozeTimes(now, timeZone);
  return (
    <>
      <Menu shadow="md" width={250} position="bottom-start" withinPortal={false} withInitialFocusPlaceholder={false}>
        <Menu.Target>
          <Button size="compact-sm" variant="default" leftSection={<IconBellZ size={15} aria-hidden />} rightSection={<IconChevronDown size={14} aria-hidden />}>
            {label}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {times.map((time) => (
            <Menu.Item key={time.name} rightSection={<Text size="xs" c="dimmed" component="span">{shortTime(new Date(time.at).toISOString(), timeZone, now)}</Text>} onClick={() => onSnooze(time.at)}>
              {time.name}
            </Menu.Item>
          ))}
          <Menu.Item onClick={picker.open}>Pick a time…</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Modal opened={picking} onClose={picker.close} title="Snooze until" size="sm">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (at === undefined || at <= now) return;
            picker.close();
            onSnooze(at);
          }}
        >
          <Stack gap="sm">
            <WhenField label="Show it again" description="Time of the location. No clock stops meanwhile." times={times} value={at} onChange={setAt} timeZone={timeZone} now={now} required />
            <Group justify="flex-end">
              <Button variant="default" onClick={picker.close}>
                Cancel
              </Button>
              <Button type="submit" disabled={at === undefined || at <= now}>
                Snooze
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </>
  );
}

type Props = { review: ReviewDetail; timeZone: string; mayAct: boolean; commands: ReturnType<typeof useReviewCommands> };

/** Hides a case from the inbox until a time; or says until when it is hidden. */
export function Snooze({ review, timeZone, mayAct, commands }: Props) {
  const now = useNow();
  const { snoozed_until: until, status } = review.case;
  if (until && Date.parse(until) > now) {
    return (
      <Group gap={6}>
        <Text size="sm">Snoozed until {absoluteTime(until, timeZone)}</Text>
        {mayAct && (
          <Button size="compact-xs" variant="light" loading={commands.busy === 'wake'} onClick={() => void commands.showAgain()}>
            Show again now
          </Button>
        )}
      </Group>
    );
  }
  if (!mayAct || !pendingStatuses.includes(status)) return null;
  return (
    <div>
      <SnoozeMenu
        timeZone={timeZone}
        onSnooze={(at) => {
          const iso = new Date(at).toISOString();
          void commands.snooze(at, `Snoozed until ${shortTime(iso, timeZone, now)}.`);
        }}
      />
    </div>
  );
}
