// What a plot gives away, and what its curves refer to.
import { expect, test, vi } from 'vitest';
import { impedanceText } from '../../model/data/smith-drawing';
import { parseTouchstone } from '../../model/data/touchstone';
import { exportItems, type Network } from './exports';
import { readReflections, reflectionsOf } from './readings';

const files = vi.hoisted(() => ({ saved: [] as [string, string][], told: [] as string[] }));
vi.mock('../../parts/files', () => ({ save: (name: string, text: string) => files.saved.push([name, text]) }));
vi.mock('../../parts/notices', () => ({ notify: (...said: string[]) => files.told.push(said.join(' ')) }));

const measured = parseTouchstone('m.s2p', '# GHz S RI R 75\n1 0.5 0 0.1 0 0.2 0 0 0.5\n');

function touchstone(network?: Network) {
  const item = exportItems({ stem: 's', svg: () => '', xTitle: 'f', columns: [], network }).find(({ label }) =>
    label.startsWith('Touchstone'),
  );
  if (!item) throw new Error('no item');
  [files.saved, files.told] = [[], []];
  item.run();
  return item;
}

test('Touchstone is what the service wrote, where it wrote it', () => {
  const given: string[] = [];
  const network = (blobs: Network['blobs']): Network => ({
    series: measured,
    blobs,
    download: (blob) => given.push(blob),
  });
  expect(touchstone(network({ series: 'a', touchstone: 'b', touchstone2: 'c' })).label).toBe('Touchstone');
  // Ports with different references are in version 2 only.
  expect(touchstone(network({ series: 'a', touchstone2: 'c' })).label).toBe('Touchstone 2.0');
  expect(given).toEqual(['touchstone', 'touchstone2']);
  expect(files.saved).toEqual([]);
  touchstone(network({ series: 'a' }));
  expect(files.saved[0]?.[0]).toBe('s.s2p');
  expect(files.saved[0]?.[1]).toContain('# HZ S RI R 75\n1000000000 0.5 0 0.1 0 0.2 0 0 0.5\n');
});

test('Touchstone that cannot be is refused with the reason', () => {
  const [s11, s21] = measured.curves;
  const series = { ...measured, curves: [s11, s21].flatMap((curve) => curve ?? []) };
  touchstone({ series, blobs: {}, download: () => undefined });
  expect(files.saved).toEqual([]);
  expect(files.told[0]).toMatch(/Not exported.*every port driven; 2 was not/);
  expect(touchstone().disabled).toBe(true);
});

test('each reflection is read with the reference of its own port and layer', () => {
  const guide = {
    ...measured,
    ports: [
      { name: '1', reference: 50 },
      { name: '2', reference: null },
    ],
  };
  const layers = [
    { version: '', label: '', series: guide },
    { version: 'm.s2p', label: 'm.s2p', series: measured },
    { version: 'z.s1p', label: 'z.s1p', series: parseTouchstone('z.s1p', '# GHz Z RI R 50\n1 1 0\n') },
  ];
  const curves = reflectionsOf(layers, ['S11', 'S21', 'S12', 'S22'], new Set());
  expect(curves.map(({ name, reference }) => [name, reference])).toEqual([
    ['S11', 50],
    ['S22', null],
    ['S11 · m.s2p', 75],
    ['S22 · m.s2p', 75],
  ]);
  const said = readReflections(curves).map(({ at }) => at(1e9).split(', ')[1]);
  expect(said).toEqual([
    impedanceText(0.5, 0, 50),
    impedanceText(0, 0.5, null),
    impedanceText(0.5, 0, 75),
    impedanceText(0, 0.5, 75),
  ]);
});
