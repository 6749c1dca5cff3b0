import { Text } from '@mantine/core';
import { IconFileSpreadsheet, IconFileUpload } from '@tabler/icons-react';
import { useId, useState, type DragEvent } from 'react';
import { Foreign } from '../text/Foreign';
import classes from './Sources.module.css';

type Props = { file: File | undefined; error: string | false | undefined; onFile: (file: File) => void };

/** Choosing a file by the usual dialog, by keyboard, or by dropping it. */
export function FileDrop({ file, error, onFile }: Props) {
  const [over, setOver] = useState(false);
  const id = useId();
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const dropped = event.dataTransfer.files[0];
    if (dropped) onFile(dropped);
  };
  return (
    <div>
      <div
        className={classes.drop}
        data-over={over || undefined}
        data-error={error ? true : undefined}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        <input
          id={id}
          type="file"
          accept=".csv,.tsv,.txt,.jsonl,.ndjson,text/csv,application/x-ndjson"
          className={classes.fileInput}
          aria-describedby={error ? `${id}-error` : undefined}
          aria-invalid={error ? true : undefined}
          onChange={(event) => {
            const picked = event.currentTarget.files?.[0];
            if (picked) onFile(picked);
            event.currentTarget.value = '';
          }}
        />
        <label htmlFor={id} className={classes.dropLabel}>
          {file ? <IconFileSpreadsheet size={26} stroke={1.5} aria-hidden /> : <IconFileUpload size={26} stroke={1.5} aria-hidden />}
          <span>
            {file ? (
              <>
                <b>
                  <Foreign text={file.name} />
                </b>{' '}
                · {fileSize(file.size)} · choose another
              </>
            ) : (
              <>
                <b>Choose a file</b> or drop it here: CSV or JSON Lines, up to 200 MB
              </>
            )}
          </span>
        </label>
      </div>
      {error && (
        <Text id={`${id}-error`} size="xs" c="var(--mantine-color-error)" mt={4}>
          {error}
        </Text>
      )}
    </div>
  );
}

function fileSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  const [size, unit] = bytes < 1024 * 1024 ? [bytes / 1024, 'KB'] : [bytes / (1024 * 1024), 'MB'];
  return `${size.toLocaleString('en-US', { maximumFractionDigits: 1 })} ${unit}`;
}
