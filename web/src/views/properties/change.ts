// A property of one or several entities gets another value.
import type { Entity } from '../../contract';
import { asTheyAre } from '../../model/project/entities';
import { entity as entityOf } from '../../model/project/pending';
import type { ProjectSession } from '../../model/project/session';
import type { Json } from '../../model/schema';
import { lastName } from '../../model/tree';
import { propertiesOf, withValue } from '../../model/value';
import { notify } from '../../parts/notices';

export interface Change {
  name: string;
  value: Json | undefined;
  /** Stored files that belong to it. */
  blobs: { [name: string]: string };
}

/** Changes what was shown on a branch as it is now: a file may have taken long to arrive. */
export function commitChange(
  session: Pick<ProjectSession, 'entities' | 'shown' | 'commit'>,
  branch: string,
  shown: readonly Entity[],
  { name, value, blobs }: Change,
): void {
  const chosen = asTheyAre(session.entities.get(), shown);
  const moved = session.shown.get().branch !== branch;
  if (moved || chosen.length === 0) {
    const what = shown.map((entity) => entity.path).join(', ');
    notify('bad', 'Not changed', moved ? `${what} was on the branch ${branch}.` : `${what} is no longer there.`);
    return;
  }
  const put = chosen.map((entity) =>
    entityOf(entity.path, entity.kind, withValue(propertiesOf(entity), name, value), entity, blobs),
  );
  const what = chosen.length === 1 ? lastName(chosen[0]?.path ?? '') : `${chosen.length} entities`;
  session.commit({ message: `Change ${name} of ${what}`, put, delete: [] });
}
