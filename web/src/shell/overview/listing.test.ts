import { expect, test } from 'vitest';
import type { ProjectInfo } from '../../contract';
import { ANY, choices, matching, ordered } from './listing';

const project = (name: string, more: Partial<ProjectInfo> = {}): ProjectInfo =>
  ({
    id: name,
    name,
    description: '',
    tags: [],
    owner: 'ada',
    right: 'RIGHT_OWNER',
    createdMs: 0,
    changedMs: 0,
    head: '',
    deletedMs: 0,
    entities: 0,
    picture: '',
    bytes: 0,
    groups: [],
    ...more,
  }) as ProjectInfo;

const PROJECTS = [
  project('WR-90 iris', { tags: ['filter', 'X band'], groups: ['microwave'], bytes: 3e6, changedMs: 30 }),
  project('Patch antenna', { tags: ['antenna'], groups: ['antennas', 'microwave'], bytes: 5e6, changedMs: 20 }),
  project('Cavity', { owner: 'bob', description: 'Eigenfrequencies of a box', bytes: 1e6, changedMs: 10 }),
];
const names = (list: readonly ProjectInfo[]) => list.map(({ name }) => name);
const found = (wanted: Partial<typeof ANY>) => names(matching(PROJECTS, { ...ANY, ...wanted }, 'ada'));

test('own and shared, tag, group and all words of the search have to fit', () => {
  expect(found({})).toEqual(['WR-90 iris', 'Patch antenna', 'Cavity']);
  expect(found({ which: 'own' })).toEqual(['WR-90 iris', 'Patch antenna']);
  expect(found({ which: 'shared' })).toEqual(['Cavity']);
  expect(found({ tag: 'X band' })).toEqual(['WR-90 iris']);
  expect(found({ group: 'microwave' })).toEqual(['WR-90 iris', 'Patch antenna']);
  expect(found({ group: 'microwave', tag: 'antenna' })).toEqual(['Patch antenna']);
  expect(found({ text: ' IRIS  band ' })).toEqual(['WR-90 iris']);
  expect(found({ text: 'box bob' })).toEqual(['Cavity']);
  expect(found({ text: 'antennas' })).toEqual(['Patch antenna']);
  expect(found({ text: 'iris antennas' })).toEqual([]);
});

test('columns sort from where one wants to begin, and equals keep their place', () => {
  expect(names(ordered(PROJECTS, 'name', false))).toEqual(['Cavity', 'Patch antenna', 'WR-90 iris']);
  expect(names(ordered(PROJECTS, 'bytes', false))).toEqual(['Patch antenna', 'WR-90 iris', 'Cavity']);
  expect(names(ordered(PROJECTS, 'changedMs', true))).toEqual(['Cavity', 'Patch antenna', 'WR-90 iris']);
  expect(names(ordered(PROJECTS, 'entities', false))).toEqual(['Cavity', 'Patch antenna', 'WR-90 iris']);
});

test('tags and groups to choose from', () => {
  expect(choices(PROJECTS, 'tags')).toEqual(['antenna', 'filter', 'X band']);
  expect(choices(PROJECTS, 'groups')).toEqual(['antennas', 'microwave']);
  expect(choices([], 'groups')).toEqual([]);
});
