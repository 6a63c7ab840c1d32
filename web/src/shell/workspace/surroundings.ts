import type { ProjectSession } from '../../model/project/session';
import { naturally } from '../../model/sort';
import { propertiesOf } from '../../model/value';
import type { FormContext } from '../../parts/form/context';
import { putBlob } from '../../transport';
import { demandSize } from '../limits';

/** Materials that every project has. */
const ALWAYS: Record<string, string[]> = { materials: ['vacuum', 'pec'] };

/** What the fields of a form may know of an open project. */
export function surroundings(
  session: ProjectSession,
  readOnly: boolean,
  attach: FormContext['attach'] = () => undefined,
): FormContext {
  const entities = session.entities.get();
  const units = propertiesOf(entities.get('units'));
  return {
    readOnly,
    attach,
    namesIn: (section) => {
      const found = [...entities.keys()]
        .filter((path) => path.startsWith(`${section}/`))
        .map((path) => path.slice(section.length + 1));
      return [...new Set([...found, ...(ALWAYS[section] ?? [])])].sort(naturally);
    },
    unitOf: (dimension) => (typeof units[dimension] === 'string' ? (units[dimension] as string) : ''),
    values: session.values,
    upload: async (file, onProgress) => {
      demandSize(file);
      return (await putBlob(session.project, file, { onProgress })).hash;
    },
  };
}
