import { expect, test } from 'vitest';
import type { Entity, ResultInputs } from '../../contract';
import { staleAmong } from './stale';

const entity = (path: string, properties: object = {}): [string, Entity] => [
  path,
  { id: path, kind: 'k', path, properties: JSON.stringify(properties), references: [], blobs: {} },
];
const now = (result: string, inputs: string): ResultInputs => ({ result, action: 'a', target: '', inputs });

test('a result that would be computed from something else is stale, with all below it', () => {
  const entities = new Map([
    entity('model', { inputs: 'a' }),
    entity('model/block'),
    entity('results/one', { inputs: 'b', arguments: { kind: 'x' } }),
    entity('results/one/table'),
    entity('results/two', { inputs: 'c' }),
    entity('geometry/block', { size: 1 }),
  ]);
  const same = [now('model', 'a'), now('results/one', 'b'), now('results/two', 'c')];
  expect([...staleAmong(entities, same)]).toEqual([]);
  const changed = [now('model', 'a'), now('results/one', 'B'), now('results/two', 'c')];
  expect([...staleAmong(entities, changed)]).toEqual(['results/one', 'results/one/table']);
});

test('a result that nothing would compute any more is stale', () => {
  expect([...staleAmong(new Map([entity('model', { inputs: 'a' })]), [])]).toEqual(['model']);
});
