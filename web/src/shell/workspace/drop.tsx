// Files dropped into an open project: a kind that takes files of this sort makes an entity of it.
import type { KindDescription } from '../../contract';
import { startValues } from '../../model/defaults';
import { entity } from '../../model/project/pending';
import { type Field, formOf } from '../../model/schema';
import { freeName } from '../../model/tree';
import { byteSize } from '../../parts/files';
import { notify, notifyProgress } from '../../parts/notices';
import { CANCELLED, failureOf, putBlob } from '../../transport';
import { demandSize } from '../limits';
import { dropFile, isProjectFile } from '../overview/actions';
import { failed } from './commands';
import type { Desk } from './context';

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

/** Makes an entity of a stored file. */
function makeOf(desk: Desk, { kind, file: field }: Taker, name: string, hash: string): void {
  const { session } = desk;
  const stem =
    name
      .replace(/\.[^.]*$/, '')
      .replace(/[^\p{L}\p{N}_-]+/gu, '-')
      .replace(/^[^\p{L}_]+/u, '') || kind.key;
  const path = `${kind.section}/${freeName(new Set(session.entities.get().keys()), kind.section, stem)}`;
  const properties = { ...startValues(formOf(kind.schema)), [field.name]: name };
  const made = session.commit({
    message: `Import ${name}`,
    put: [entity(path, kind.kind, properties, undefined, { [field.name]: hash })],
    delete: [],
  });
  if (made) session.selection.set([path]);
}

async function take(desk: Desk, taker: Taker, file: File): Promise<void> {
  demandSize(file);
  const stop = new AbortController();
  const shown = notifyProgress(`Sending ${file.name}`, byteSize(file.size), () => stop.abort());
  try {
    const { hash } = await putBlob(desk.session.project, file, { onProgress: shown.at, signal: stop.signal });
    makeOf(desk, taker, file.name, hash);
  } finally {
    shown.end();
  }
}

export function dropInto(desk: Desk, file: File): void {
  const kinds = desk.session.services.get().flatMap((service) => service.kinds);
  const [taker] = takers(kinds, file.name);
  if (taker) {
    take(desk, taker, file).catch((error) => {
      if (failureOf(error).code === CANCELLED) notify('info', `${file.name} was not sent`, 'It was cancelled.');
      else failed(`${file.name} was not stored`)(error);
    });
  } else if (isProjectFile(file.name)) {
    // It is no part of this one: it makes one of its own.
    dropFile(file, () => undefined);
  } else notify('bad', `${file.name} is not taken`, 'No service of this site reads files of this sort.');
}
