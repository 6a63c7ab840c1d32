// New projects from declarative project files, and from the examples that come with the client.
import type { Entity, ProjectInfo } from '../../contract';
import { entitiesOf } from '../../model/document';
import type { Json } from '../../model/schema';
import { isResult } from '../../model/tree';
import { CallError, getBlob, putBlob } from '../../transport';
import { socket } from '../platform';

const files = import.meta.glob<string>('../../../../examples/*/*.yaml', { query: '?raw', import: 'default' });

export interface Example {
  name: string;
  title: string;
  load: () => Promise<string>;
}

export const EXAMPLES: Example[] = Object.entries(files).map(([path, load]) => {
  const [folder = '', file = ''] = path.split('/').slice(-2);
  const stem = file.replace(/(\.opentwin)?\.yaml$/, '');
  const name = ['project', 'opentwin', folder].includes(stem) ? folder : `${folder}-${stem}`;
  const title = name.replace(/[-_]+/g, ' ');
  return { name, title: title.charAt(0).toUpperCase() + title.slice(1), load };
});

/** Commits what a project file describes into a new project. */
export async function applyDocument(project: string, text: string, from: string): Promise<void> {
  const { parse } = await import('yaml');
  const { services } = await socket.call('Project/Describe', {});
  let put: ReturnType<typeof entitiesOf>;
  try {
    put = entitiesOf(parse(text) as Json, services);
  } catch (error) {
    throw new CallError({
      code: 'input.invalid',
      message: `${from}: ${error instanceof Error ? error.message : error}`,
    });
  }
  await socket.call('Project/Commit', { project, message: `Begin with ${from}`, put });
}

/** Commits what stands in another project into a new one: what people made of it, without results and history. */
export async function applyTemplate(project: string, template: ProjectInfo): Promise<void> {
  const { services } = await socket.call('Project/Describe', {});
  const results = new Set(services.flatMap((service) => service.kinds.filter(isResult).map((kind) => kind.kind)));
  const put: Entity[] = [];
  await socket.stream(
    'Project/Entities',
    { project: template.id },
    (reply) => put.push(...reply.entities.filter((entity) => !results.has(entity.kind))),
    { again: false },
  );
  if (put.length === 0) return;
  // Files belong to a project, such as geometry that was imported.
  for (const hash of new Set(put.flatMap((entity) => Object.values(entity.blobs)))) {
    await putBlob(project, new Blob([await getBlob(template.id, hash)]));
  }
  const message = `Begin with ${template.name}`;
  await socket.call('Project/Commit', { project, message, put: put.map((entity) => ({ ...entity, id: '' })) });
}
