import { expect, test } from 'vitest';
import { projectRoute, readRoute, readView, writeRoute, writeView } from './route';

test('an address leads back to where it was written', () => {
  const route = {
    page: 'project' as const,
    project: 'p/1',
    branch: 'try a',
    version: 'abcd',
    view: writeView('smith', 'results/t/s'),
    select: 'x&y',
  };
  expect(readRoute(writeRoute(route))).toEqual(route);
  expect(readRoute(writeRoute(projectRoute('p')))).toEqual(projectRoute('p'));
  expect(readRoute('#/administration/groups')).toEqual({ page: 'administration', tab: 'groups' });
});

test('an address says which view of an entity it is, or only the entity', () => {
  expect(readView(writeView('table', 'results/t: 1'))).toEqual({ view: 'table', path: 'results/t: 1' });
  expect(readView('results/t')).toEqual({ view: '', path: 'results/t' });
  expect(readView('')).toEqual({ view: '', path: '' });
});

test('an address that makes no sense leads to the overview', () => {
  expect(readRoute('#/nowhere/%E0%A4%A')).toEqual({ page: 'overview' });
  expect(readRoute('')).toEqual({ page: 'overview' });
});
