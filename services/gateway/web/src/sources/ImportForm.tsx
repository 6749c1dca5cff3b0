import { Alert, Button, Group, Modal, Progress, Select, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { IconInfoCircle } from '@tabler/icons-react';
import { useRef, useState, type FormEvent } from 'react';
import { asProblem } from '../api/problem';
import { keys, useOrganization } from '../api/queries';
import type { Import } from '../api/types';
import { Failure } from '../app/Failure';
import { useToast } from '../app/toast';
import { count } from '../words/words';
import { FileDrop } from './FileDrop';
import { columnsParameter, csvColumns, decodeStart, fields, fieldWords, guessMapping, looksLikeJSONLines, nameable, siteKey, type Mapping } from './header';
import { Preview } from './Preview';
import classes from './Sources.module.css';
import { sendImport, type ImportQuery } from './upload';

const largest = 200 * 1024 * 1024;
type Chosen = { file: File; columns: string[]; jsonLines: boolean };

/** Importing in two steps: what would be taken is shown before anything is stored. */
export function ImportForm({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Import a file of reviews" size="lg" closeOnClickOutside={false}>
      <Steps onDone={onClose} />
    </Modal>
  );
}

function Steps({ onDone }: { onDone: () => void }) {
  const { locations } = useOrganization();
  const client = useQueryClient();
  const toast = useToast();
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const [fileFault, setFileFault] = useState<string>();
  const [location, setLocation] = useState<string | null>(locations.length === 1 ? (locations[0]?.id ?? null) : null);
  const [site, setSite] = useState('');
  const [dates, setDates] = useState<NonNullable<ImportQuery['date_format']>>('auto');
  const [mapping, setMapping] = useState<Mapping>({});
  const [checked, setChecked] = useState(false);
  const [share, setShare] = useState(0);
  const [preview, setPreview] = useState<Import | null>(null);
  const running = useRef<AbortController | null>(null);

  const send = useMutation({
    mutationFn: ({ file, query }: { file: File; query: ImportQuery }) => {
      setShare(0);
      running.current = new AbortController();
      return sendImport(file, query, setShare, running.current.signal);
    },
    onSuccess: async (report) => {
      if (report.dry_run) {
        setPreview(report);
        return;
      }
      toast.done(`${count(report.accepted, 'row')} taken; they appear in the inbox as they are tagged.`);
      onDone();
      await client.invalidateQueries({ queryKey: keys.imports });
    },
  });

  const take = async (file: File) => {
    setChosen(null);
    setPreview(null);
    send.reset();
    if (file.size === 0) return setFileFault('This file is empty.');
    if (file.size > largest) return setFileFault('This file is larger than 200 MB. Split it and import the parts one after the other.');
    try {
      const start = decodeStart(new Uint8Array(await file.slice(0, 64 * 1024).arrayBuffer()));
      const jsonLines = looksLikeJSONLines(start);
      const columns = jsonLines ? [] : csvColumns(start);
      setMapping(guessMapping(columns.filter(nameable)));
      setFileFault(undefined);
      setChosen({ file, columns, jsonLines });
    } catch {
      setFileFault('This file could not be read. Choose it again.');
    }
  };

  const siteValue = siteKey(site);
  const faults = {
    file: fileFault ?? (chosen ? undefined : 'Choose a file.'),
    location: location ? undefined : 'Choose the location these reviews are about.',
    site: siteValue ? undefined : 'Say where the reviews come from, in letters and digits.',
    text: !chosen || chosen.jsonLines || mapping.text || mapping.rating ? undefined : 'Choose at least the column that holds the text.',
  };
  const run = (dryRun: boolean) => {
    setChecked(true);
    if (!chosen || !location || faults.site || faults.text || send.isPending) return;
    const query: ImportQuery = {
      location_id: location,
      site: siteValue,
      dry_run: dryRun,
      format: chosen.jsonLines ? 'jsonl' : 'auto',
      date_format: dates,
      columns: chosen.jsonLines ? undefined : columnsParameter(mapping),
      file_name: chosen.file.name.slice(-255),
    };
    send.mutate({ file: chosen.file, query });
  };

  const cancelled = send.error && asProblem(send.error).code === 'cancelled';
  return (
    <form
      noValidate
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        run(preview === null);
      }}
    >
      <Stack gap="sm">
        {preview ? (
          <Preview report={preview} timeZone={locations.find((l) => l.id === location)?.time_zone ?? 'UTC'} />
        ) : (
          <>
            <FileDrop file={chosen?.file} error={(checked || fileFault) && faults.file} onFile={(file) => void take(file)} />
            <Group grow align="flex-start">
              <Select
                label="Location"
                required
                data={locations.map(({ id, name }) => ({ value: id, label: name }))}
                value={location}
                onChange={setLocation}
                error={checked && faults.location}
              />
              <TextInput
                label="Where they come from"
                placeholder="front desk cards"
                required
                maxLength={50}
                value={site}
                onChange={(event) => setSite(event.currentTarget.value)}
                error={checked && faults.site}
              />
            </Group>
            {chosen && chosen.columns.length > 0 && (
              <fieldset className={classes.mapping}>
                <legend>Columns of the file</legend>
                {fields.map((field) => (
                  <Select
                    key={field}
                    label={fieldWords[field]}
                    size="xs"
                    clearable
                    placeholder="not in the file"
                    data={chosen.columns.filter(nameable)}
                    value={mapping[field] ?? null}
                    onChange={(column) => setMapping({ ...mapping, [field]: column ?? undefined })}
                    error={field === 'text' && checked && faults.text}
                  />
                ))}
                {chosen.columns.some((column) => !nameable(column)) && (
                  <p className={classes.hint}>Columns with a comma or an equals sign in their name cannot be chosen; rename them in the file.</p>
                )}
              </fieldset>
            )}
            <Select
              label="How dates are written"
              data={[
                { value: 'auto', label: 'Work it out; ask where it is ambiguous' },
                { value: 'mdy', label: 'Month first: 3/14/2026' },
                { value: 'dmy', label: 'Day first: 14/3/2026' },
                { value: 'ymd', label: 'Year first: 2026-03-14' },
              ]}
              value={dates}
              allowDeselect={false}
              onChange={(value) => value && setDates(value as typeof dates)}
            />
            <Alert variant="light" color="gray" icon={<IconInfoCircle size={17} aria-hidden />} p="xs" classNames={{ body: classes.problem }} role="note">
              Only texts that are reviews belong here. Nothing is stored before you have seen what would be taken.
            </Alert>
          </>
        )}
        {send.isPending && (
          <div role="status">
            <Text size="sm" mb={4}>
              {share < 1 ? `Sending: ${Math.round(share * 100)} %` : 'Reading the file…'}
            </Text>
            <Progress value={share * 100} animated={share >= 1} aria-label="Sending the file" />
          </div>
        )}
        {send.error && !cancelled && <Failure error={send.error} title={preview ? 'The file was not imported' : 'The file could not be checked'} />}
        <Group justify="flex-end">
          {send.isPending ? (
            <Button variant="default" onClick={() => running.current?.abort()}>
              Cancel
            </Button>
          ) : (
            <Button
              variant="default"
              onClick={() => {
                if (!preview) return onDone();
                setPreview(null);
                send.reset();
              }}
            >
              {preview ? 'Back' : 'Cancel'}
            </Button>
          )}
          <Button type="submit" loading={send.isPending} disabled={preview !== null && preview.accepted === 0}>
            {preview ? `Import ${count(preview.accepted, 'review')}` : 'Check the file'}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
