import { expect, test } from 'vitest';
import { type Entity, read } from '../contract';
import { authored, resultOf } from './results';

const entity = (path: string, properties = {}): [string, Entity] => [
  path,
  read('Entity', { path, properties: JSON.stringify(properties) }),
];
const entities = new Map([
  entity('geometry/block'),
  entity('model', { inputs: 'a1' }),
  entity('model/block'),
  entity('model/joined'),
  entity('results/fast', { inputs: 'b2' }),
  entity('results/fast/fields/near'),
]);

test('parts of a result are told from what people made', () => {
  expect(resultOf(entities, 'model/block')).toBe('model');
  expect(resultOf(entities, 'results/fast/fields/near')).toBe('results/fast');
  for (const path of ['model', 'results/fast', 'results', 'geometry/block'])
    expect(resultOf(entities, path)).toBeUndefined();
});

test('who changes a computed body means its feature', () => {
  expect(authored(entities, 'model/block')).toBe('geometry/block');
  expect(authored(entities, 'model/joined')).toBeUndefined();
  expect(authored(entities, 'results/fast/fields/near')).toBeUndefined();
  for (const path of ['model', 'results/fast', 'geometry/block']) expect(authored(entities, path)).toBe(path);
});
