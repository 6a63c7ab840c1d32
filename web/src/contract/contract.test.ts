import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { generate, target } from '../../scripts/contract.mjs';
import { read } from './read';

test('the generated types are those of the .proto files', () => {
  expect(readFileSync(target, 'utf8')).toBe(generate());
});

test('absent fields read as their defaults, 64-bit numbers as numbers', () => {
  const run = read('Run', { id: 'r', state: 'RUN_STATE_RUNNING', createdMs: '1700000000000', progress: 0.5 });
  expect(run.createdMs).toBe(1700000000000);
  expect(run.state).toBe('RUN_STATE_RUNNING');
  expect(run.queuePosition).toBe(0);
  expect(run.failure).toBeUndefined();
  expect(run.checkpoints).toEqual([]);
});

test('oneofs stay absent, maps and nested messages are read', () => {
  const event = read('Event', { number: '7', version: { branch: 'main', version: { id: 'abc' }, paths: ['a'] } });
  expect(event.version?.version?.id).toBe('abc');
  expect(event.run).toBeUndefined();
  expect(event.standing).toBeUndefined();
  expect(read('Entity', { blobs: { stl: 'ff' } }).blobs).toEqual({ stl: 'ff' });
});

test('malformed answers do not throw', () => {
  expect(read('Version', null).id).toBe('');
  expect(read('Version', { parents: 'x', refs: [1, null] }).refs).toEqual(['', '']);
  expect(read('Run', { state: 99 }).state).toBe('RUN_STATE_UNKNOWN');
  expect(read('ProjectInfo', { right: 2 }).right).toBe('RIGHT_EDITOR');
});
