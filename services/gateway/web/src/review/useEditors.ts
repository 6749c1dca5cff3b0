import { useEffect, useRef, useState } from 'react';
import { api } from '../api/client';
import type { components } from '../api/schema.gen';

export type Editor = components['schemas']['Editors']['editors'][number];

/** The server is told this often, in milliseconds; who it does not hear of for 30 seconds is gone for it. */
const every = 10_000;

/** Who else is writing the reply to a review; says so of oneself while `writing`. */
export function useEditors(id: string, writing: boolean, watch: boolean): readonly Editor[] {
  const [editors, setEditors] = useState<readonly Editor[]>(nobody);
  const told = useRef(false);
  useEffect(() => {
    if (!watch) return;
    let gone = false;
    const tell = async () => {
      if (document.hidden) return;
      told.current = writing;
      try {
        const { data } = await api.POST('/api/v1/reviews/{id}/draft/editors', { params: { path: { id } }, body: { editing: writing } });
        if (!gone) setEditors(data?.editors ?? nobody);
      } catch {
        // Who else writes is a courtesy: without the server nobody is shown, and the save tells of a conflict.
        if (!gone) setEditors(nobody);
      }
    };
    void tell();
    const timer = setInterval(() => void tell(), every);
    return () => {
      gone = true;
      clearInterval(timer);
    };
  }, [id, writing, watch]);
  useEffect(
    () => () => {
      if (told.current) void api.POST('/api/v1/reviews/{id}/draft/editors', { params: { path: { id } }, body: { editing: false } }).catch(() => undefined);
    },
    [id],
  );
  return watch ? editors : nobody;
}

const nobody: readonly Editor[] = [];
