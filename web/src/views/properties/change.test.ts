import { beforeEach, expect, test } from 'vitest';
import type { Entity } from '../../contract';
import type { Edit } from '../../model/project/entities';
import { entity } from '../../model/project/pending';
import { Store } from '../../model/store';
import { propertiesOf } from '../../model/value';
import { commitChange } from './change';

const one = (path: string, properties: object, id = path): Entity => ({ ...entity(path, 'k', properties), id });
const map = (...list: Entity[]) => new Map(list.map((item) => [item.path, item]));
const change = { name: 'file', value: 'a.step', blobs: { file: 'hash' } };
const seen = one('geometry/part', { material: 'vacuum' }, 'id');

let edits: Edit[];
const session = (...list: Entity[]) => ({
  entities: new Store<ReadonlyMap<string, Entity>>(map(...list)),
  shown: new Store({ branch: 'main', version: 'v', live: true }),
  commit: (edit: Edit) => edits.push(edit) > 0,
});

beforeEach(() => {
  edits = [];
});

test('a file that arrives late keeps what was typed meanwhile, also where the name is another one', () => {
  const now = one('geometry/renamed', { material: 'pec', file: 'old.step' }, 'id');
  commitChange(session(now), 'main', [seen], change);
  const [put] = edits[0]?.put ?? [];
  expect(put).toMatchObject({ id: 'id', path: 'geometry/renamed', blobs: { file: 'hash' } });
  expect(propertiesOf(put)).toEqual({ material: 'pec', file: 'a.step' });
  expect(edits[0]?.message).toBe('Change file of renamed');
});

test('what is gone, or on another branch, is not brought back', () => {
  commitChange(session(), 'main', [seen], change);
  commitChange(session(seen), 'other', [seen], change);
  // Something else has its path.
  commitChange(session({ ...seen, id: 'new', kind: 'other' }), 'main', [seen], change);
  expect(edits).toEqual([]);
  commitChange(session(one('b', {})), 'main', [seen, one('b', {})], change);
  expect(edits[0]?.put.map(({ path }) => path)).toEqual(['b']);
});

test('what has no id yet is known by its path', () => {
  commitChange(session(one('geometry/part', { v: 1 }, 'id')), 'main', [{ ...seen, id: '' }], change);
  expect(propertiesOf(edits[0]?.put[0])).toEqual({ v: 1, file: 'a.step' });
});
