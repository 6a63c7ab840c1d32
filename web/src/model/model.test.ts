import { describe, expect, test } from 'vitest';
import { type Entity, read, type ServiceDescription, type Version } from '../contract';
import { isAncestor, layOut, ordered } from './graph';
import { actionsFor, buildRibbon, names } from './ribbon';
import { select } from './selection';
import { naturally } from './sort';
import { buildTree, catalogue, filterTree, freeName, inOrder, nameFault, visibleRows } from './tree';

const entity = (path: string, kind = 'x.y'): Entity => read('Entity', { path, kind });
const version = (id: string, timeMs: number, ...parents: string[]): Version => read('Version', { id, timeMs, parents });
const service = (json: unknown): ServiceDescription => read('ServiceDescription', json);

test('names are sorted as people count', () => {
  expect(['port10', 'port2', 'Port1'].sort(naturally)).toEqual(['Port1', 'port2', 'port10']);
});

describe('tree', () => {
  const services = [
    service({
      name: 'm',
      kinds: [
        { kind: 'm.box', section: 'geometry' },
        { kind: 'm.port', section: 'ports' },
      ],
    }),
  ];
  const nodes = buildTree(
    [
      entity('ports/p10'),
      entity('ports/p2'),
      entity('geometry/b'),
      entity('results/t/s'),
      entity('model/x'),
      entity('model'),
    ],
    catalogue(services),
  );

  test('sections stand in declared order, then the others; folders appear where needed', () => {
    expect(nodes.map((node) => node.path)).toEqual(['geometry', 'ports', 'model', 'results']);
    expect(nodes[1]?.children.map((node) => node.name)).toEqual(['p2', 'p10']);
    expect(nodes[3]?.children[0]).toMatchObject({ path: 'results/t', kind: '' });
    expect(nodes[2]).toMatchObject({ kind: 'x.y' });
  });

  test('a search keeps the way to what it finds', () => {
    const found = filterTree(nodes, 'P10');
    expect(found.map((node) => node.path)).toEqual(['ports']);
    expect(found[0]?.children.map((node) => node.name)).toEqual(['p10']);
  });

  test('rows follow what is open and know their places', () => {
    const rows = visibleRows(nodes, (node) => node.path === 'ports');
    expect(rows.map((row) => row.node.path)).toEqual([
      'geometry',
      'ports',
      'ports/p2',
      'ports/p10',
      'model',
      'results',
    ]);
    expect(rows[3]).toMatchObject({ depth: 1, place: 2, count: 2 });
  });

  test('services stand in the order of the work', () => {
    const mesh = service({ name: 'mesh', actions: [{ name: 'm', requires: ['b'] }] });
    const solve = service({ name: 'solve', actions: [{ name: 's', requires: ['m'] }] });
    const build = service({ name: 'build', actions: [{ name: 'b' }] });
    const circle = service({ name: 'circle', actions: [{ name: 'c', requires: ['c'] }] });
    const order = inOrder([mesh, solve, build, service({ name: 'base' }), circle]);
    expect(order.map((one) => one.name)).toEqual(['base', 'build', 'circle', 'mesh', 'solve']);
  });

  test('names for new things are free and clean', () => {
    const taken = new Set(['geometry/box', 'geometry/box2']);
    expect(freeName(taken, 'geometry', 'box')).toBe('box3');
    expect(nameFault('box', 'geometry', taken)).toMatch(/already/);
    expect(nameFault('a/b', 'geometry', taken)).toMatch(/letters/);
    expect(nameFault('box 3', 'geometry', taken)).toBeUndefined();
  });
});

describe('selection', () => {
  const order = ['a', 'b', 'c', 'd'];
  test('clicks replace, toggle and span', () => {
    expect(select(['a'], 'c', 'only', order)).toEqual(['c']);
    expect(select(['a'], 'c', 'toggle', order)).toEqual(['a', 'c']);
    expect(select(['a', 'c'], 'c', 'toggle', order)).toEqual(['a']);
    expect(select(['b'], 'd', 'range', order)).toEqual(['c', 'd', 'b']);
    expect(select([], 'd', 'range', order)).toEqual(['d']);
  });
});

describe('version graph', () => {
  const merge = [version('m', 5, 'b', 'c'), version('b', 4, 'a'), version('c', 3, 'a'), version('a', 1)];

  test('children stand above parents even when clocks are off', () => {
    expect(ordered([version('a', 9), version('b', 1, 'a')]).map((one) => one.id)).toEqual(['b', 'a']);
  });

  test('a merge opens a lane and its base closes it', () => {
    const rows = layOut(merge);
    expect(rows.map((row) => [row.version.id, row.lane])).toEqual([
      ['m', 0],
      ['b', 0],
      ['c', 1],
      ['a', 0],
    ]);
    expect(rows[0]?.down).toEqual([0, 1]);
    expect(rows[1]?.through).toEqual([1]);
  });

  test('ancestors are found, circles end', () => {
    const known = new Map(merge.map((one) => [one.id, one]));
    expect(isAncestor(known, 'a', 'm')).toBe(true);
    expect(isAncestor(known, 'm', 'a')).toBe(false);
    const circle = new Map([['x', version('x', 1, 'x')]]);
    expect(isAncestor(circle, 'q', 'x')).toBe(false);
  });
});

describe('ribbon', () => {
  const services = [
    service({
      name: 'modeling',
      title: 'Modeling',
      kinds: [
        { kind: 'modeling.cuboid', section: 'geometry', title: 'Cuboid', arrangement: 'ARRANGEMENT_MAP_OF_KINDS' },
        { kind: 'modeling.body', section: 'model', arrangement: 'ARRANGEMENT_RESULT' },
      ],
      actions: [{ name: 'modeling.build', label: 'Build', ribbon: { tab: 'Modeling', group: 'Model', order: 1 } }],
    }),
    service({
      name: 'solver',
      actions: [
        { name: 's.b', label: 'B', ribbon: { tab: 'Solve', group: 'Run', order: 2 }, targets: ['s.solver'] },
        { name: 's.a', label: 'A', ribbon: { tab: 'Solve', group: 'Run', order: 1 } },
      ],
    }),
    service({ name: 'project', title: 'Project', kinds: [{ kind: 'project.parameter', section: 'parameters' }] }),
  ];

  test('tabs, groups and order come from the descriptions alone', () => {
    const tabs = buildRibbon(services, 'Home');
    expect(tabs.map((tab) => tab.name)).toEqual(['Modeling', 'Solve', 'Home']);
    expect(tabs[0]?.groups.map((group) => [group.name, group.items.map((item) => item.label)])).toEqual([
      ['Add', ['Cuboid']],
      ['Model', ['Build']],
    ]);
    expect(tabs[1]?.groups[0]?.items.map((item) => item.label)).toEqual(['A', 'B']);
  });

  test('actions are found for what they may be asked of', () => {
    expect(actionsFor(services, 's.solver').map((action) => action.name)).toEqual(['s.b']);
    expect(names('modeling.', 'modeling.cuboid')).toBe(true);
    expect(names('modeling.cube', 'modeling.cuboid')).toBe(false);
  });
});
