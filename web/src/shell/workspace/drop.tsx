// Files dropped into an open project: a kind that takes files of this sort makes an entity of it.
import type { KindDescription } from '../../contract';
import { entity } from '../../model/project/pending';
import { type Field, formOf } from '../../model/schema';
import { freeName } from '../../model/tree';
import { startValues } from '../../model/value';
import { byteSize } from '../../parts/files';
import { notify } from '../../parts/notices';
import { putBlob } from '../../transport';
import { failed } from './commands';
import type { Desk } from './context';

const LARGEST = 1e9;

interface Taker {
  kind: KindDescription;
  file: Field;
}

/** Kinds with a property for a file; those that speak of the file's ending first. */
export function takers(kinds: readonly KindDescription[], name: string): Taker[] {
  const ending = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  const word = ending === 'stp' ? 'step' : ending;
  const speaks = (kind: KindDescription) =>
    `${kind.kind} ${kind.title} ${kind.description}`.toLowerCase().includes(word);
  return kinds
    .flatMap((kind) =>
      formOf(kind.schema)
        .filter((field) => field.kind === 'file')
        .map((file) => ({ kind, file })),
    )
    .sort((a, b) => Number(speaks(b.kind)) - Number(speaks(a.kind)))
    .filter((taker) => speaks(taker.kind));
}

export function dropInto(desk: Desk, file: File): void {
  const { session } = desk;
  const kinds = session.services.get().flatMap((service) => service.kinds);
  const [taker] = takers(kinds, file.name);
  if (!taker) {
    notify('bad', `${file.name} is not taken`, 'No service of this site reads files of this sort.');
    return;
  }
  if (file.size > LARGEST) {
    notify('bad', `${file.name} is too large`, `It has ${byteSize(file.size)}; a file may have ${byteSize(LARGEST)}.`);
    return;
  }
  notify('info', `Sending ${file.name}`, byteSize(file.size));
  putBlob(session.project, file)
    .then(({ hash }) => {
      const { kind, file: field } = taker;
      const stem =
        file.name
          .replace(/\.[^.]*$/, '')
          .replace(/[^\p{L}\p{N}_-]+/gu, '-')
          .replace(/^[^\p{L}_]+/u, '') || kind.key;
      const path = `${kind.section}/${freeName(new Set(session.entities.get().keys()), kind.section, stem)}`;
      session.commit({
        message: `Import ${file.name}`,
        put: [
          entity(path, kind.kind, { ...startValues(formOf(kind.schema)), [field.name]: file.name }, undefined, {
            [field.name]: hash,
          }),
        ],
        delete: [],
      });
      session.selection.set([path]);
    })
    .catch(failed(`${file.name} was not stored`));
}
