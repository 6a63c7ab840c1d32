import { evaluate, parameters } from '../../model/expression/evaluate';
import { siSymbol } from '../../model/expression/units';
import type { Entities } from '../../model/project/entities';
import type { ProjectSession } from '../../model/project/session';
import { naturally } from '../../model/sort';
import { lastName } from '../../model/tree';
import { formatSI, propertiesOf, textOf } from '../../model/value';
import type { FormContext } from '../../parts/form/context';
import { CallError, putBlob } from '../../transport';

const LARGEST = 1e9;
/** Materials that every project has. */
const ALWAYS: Record<string, string[]> = { materials: ['vacuum', 'pec'] };

/** Evaluates expressions with the parameters of the project, for show. */
export function previewer(entities: Entities): FormContext['preview'] {
  const texts = new Map<string, string>();
  for (const entity of entities.values()) {
    if (entity.path.startsWith('parameters/')) texts.set(lastName(entity.path), textOf(propertiesOf(entity).value));
  }
  const lookup = parameters(texts);
  return (text) => {
    try {
      const { value, dimension } = evaluate(text, lookup);
      return { value: formatSI(value, siSymbol(dimension), 6), fault: '' };
    } catch (error) {
      return { value: '', fault: error instanceof Error ? error.message : String(error) };
    }
  };
}

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
    preview: previewer(entities),
    upload: async (file, onProgress) => {
      if (file.size > LARGEST) {
        throw new CallError({ code: 'input.too-large', message: `${file.name} is larger than 1 GB` });
      }
      return (await putBlob(session.project, file, onProgress)).hash;
    },
  };
}
