import { Button } from '@mantine/core';
import { IconHistory } from '@tabler/icons-react';
import { useOrganization } from '../api/queries';
import { Foreign, ForeignParts } from '../text/Foreign';
import { RelativeTime } from '../time/Time';
import { count } from '../words/words';
import type { DraftVersion } from './model';
import classes from './Reply.module.css';
import { actorWords } from './words';

type Props = { earlier: readonly DraftVersion[]; timeZone: string; onRestore?: (version: DraftVersion) => void };

/** What the draft said before, the latest first, and the way back to it. */
export function DraftVersions({ earlier, timeZone, onRestore }: Props) {
  const { personOf } = useOrganization();
  if (!earlier.length) return null;
  return (
    <details className={classes.versions}>
      <summary>
        <IconHistory size={15} aria-hidden /> {count(earlier.length, 'earlier version')} of the draft
      </summary>
      <ul>
        {earlier.toReversed().map((version) => (
          <li key={version.version}>
            <div className={classes.versionHead}>
              <strong>Version {version.version}</strong> <Foreign text={actorWords(version.by, personOf)} /> <RelativeTime at={version.at} timeZone={timeZone} />
              {onRestore && (
                <Button size="compact-xs" variant="light" onClick={() => onRestore(version)} aria-label={`Restore version ${version.version}`}>
                  Restore
                </Button>
              )}
            </div>
            <div className={classes.plain} dir="auto">
              <ForeignParts text={version.text} />
            </div>
          </li>
        ))}
      </ul>
    </details>
  );
}
