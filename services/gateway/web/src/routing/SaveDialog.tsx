import { Alert, Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { api, dataOf } from '../api/client';
import { asProblem, type ProblemError } from '../api/problem';
import { useToast } from '../app/toast';
import { Faults } from './Faults';
import type { RoutingPlan } from './plan';
import { routingKeys } from './queries';
import { Trial } from './Trial';

export type Source = { yaml: string } | { plan: Record<string, unknown> };
type Props = { version: number; source: Source; comment: string; onClose: () => void; onSaved: (fresh: RoutingPlan) => void; onTakeTheirs: () => void };

/** Tries a plan with recent reviews, and puts it in the place of the one that counts. */
export function SaveDialog({ version, source, comment: suggested, onClose, onSaved, onTakeTheirs }: Props) {
  const client = useQueryClient();
  const toast = useToast();
  const [comment, setComment] = useState(suggested);
  const [saving, setSaving] = useState(false);
  const [refused, setRefused] = useState<ProblemError | null>(null);
  const trial = useQuery({
    queryKey: ['routing', 'trial', source],
    queryFn: ({ signal }) => dataOf(api.POST('/api/v1/routing/dry-run', { body: { ...source, last: 200 }, signal })),
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });
  const faulty = !trial.data || trial.data.faults.length > 0;
  const save = async (over: number) => {
    setSaving(true);
    setRefused(null);
    try {
      const fresh = await dataOf(api.PUT('/api/v1/routing', { body: { ...source, version: over, comment: comment.trim() || undefined } }));
      client.setQueryData(routingKeys.plan, fresh);
      await client.invalidateQueries({ queryKey: routingKeys.versions });
      toast.done(`Version ${fresh.version} counts from now on.`);
      onSaved(fresh);
    } catch (error) {
      setRefused(asProblem(error));
      setSaving(false);
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!faulty) void save(version);
  };
  const overTheirs = async () => {
    const current = await dataOf(api.GET('/api/v1/routing')).catch((error: unknown) => setRefused(asProblem(error)));
    if (current) await save(current.version);
  };
  return (
    <Modal opened onClose={onClose} title="Try it, then save it" size="xl">
      <form onSubmit={submit}>
        <Stack gap="md">
          <Trial result={trial.data} error={trial.isError ? trial.error : null} retry={() => void trial.refetch()} />
          <TextInput label="What did you change, and why?" description="Your colleagues read it in the history." placeholder="Billing complaints go to the billing team" maxLength={500} value={comment} onChange={(event) => setComment(event.currentTarget.value)} />
          {refused?.status === 409 ? (
            <Alert role="alert" color="orange" variant="light" title="Somebody else changed the plan meanwhile" styles={{ title: { color: 'var(--bs-warn-fg)' } }}>
              <Stack gap="xs">
                {refused.message}
                <Group gap="xs">
                  <Button size="compact-sm" variant="default" onClick={onTakeTheirs}>
                    Take theirs, drop mine
                  </Button>
                  <Button size="compact-sm" variant="default" onClick={() => void overTheirs()}>
                    Put mine in its place
                  </Button>
                </Group>
              </Stack>
            </Alert>
          ) : (
            refused && (
              <Alert role="alert" color="red" variant="light" title="Nothing was changed" classNames={{ title: 'bs-alert-title' }}>
                {refused.message} {refused.advice}
                <Faults faults={refused.faults} />
              </Alert>
            )
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Go on editing
            </Button>
            <Button type="submit" loading={saving} disabled={faulty}>
              Save
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
