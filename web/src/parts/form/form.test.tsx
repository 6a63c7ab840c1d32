// @vitest-environment happy-dom
// Forms as they are used: what fields show, and what they hand on.
import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { formOf, type Json, type JsonObject } from '../../model/schema';
import { FormSurroundings } from './context';
import { Form } from './form';

const chooser = vi.hoisted(() => ({ chosen: (_: File) => {} }));
vi.mock('../files', () => ({
  choose: (_: string, chosen: (file: File) => void) => {
    chooser.chosen = chosen;
  },
}));
vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);

const length = { type: ['number', 'string'], 'x-dimension': 'length' };
const point = { type: ['array', 'null'], items: length, minItems: 3, maxItems: 3 };
const frequencies = { type: ['array', 'null'], items: { ...length, 'x-dimension': 'frequency' }, minItems: 1 };

let root: Root;
let page: HTMLElement;
let changes: [string, Json | undefined][];
let stored: (hash: string) => void;
let attached: string[];

beforeEach(() => {
  [changes, attached] = [[], []];
  page = document.createElement('div');
  root = createRoot(page);
});
afterEach(() => act(() => root.unmount()));

type Told = (name: string, value: Json | undefined) => void;

function draw(
  properties: object,
  values: JsonObject,
  { change = (...told) => changes.push(told), required = [] }: { change?: Told; required?: string[] } = {},
) {
  const surroundings = {
    namesIn: () => [],
    unitOf: (dimension: string) => (({ length: 'mm' }) as Record<string, string>)[dimension] ?? '',
    upload: () =>
      new Promise<string>((done) => {
        stored = done;
      }),
    attach: (_: string, hash: string) => attached.push(hash),
    readOnly: false,
  };
  act(() =>
    root.render(
      <FormSurroundings.Provider value={surroundings}>
        <Form fields={formOf(JSON.stringify({ properties, required }))} values={[values]} change={change} />
      </FormSurroundings.Provider>,
    ),
  );
}

const labelled = (label: string) => page.querySelector<HTMLElement>(`[aria-label="${label}"]`);
const press = (label: string) => act(() => labelled(label)?.click());
const units = () => [...page.querySelectorAll('.unit')].map((unit) => unit.textContent);

test('a default is shown with its own unit, a number with the one of the project', () => {
  const properties = { pixel: { ...length, default: 0.001 }, gap: length };
  draw(properties, {});
  expect(labelled('Pixel')?.getAttribute('placeholder')).toBe('1 mm');
  // Of the gap, which has no default.
  expect(units()).toEqual(['mm']);
  draw(properties, { pixel: 2, gap: '3 cm' });
  expect(units()).toEqual(['mm']);
});

test('a list that may be left out is unset with its last item, a needed one is empty', () => {
  draw({ frequencies }, { frequencies: [4, 5] });
  press('Remove Frequencies 2');
  draw({ frequencies }, { frequencies: [4] });
  press('Remove Frequencies 1');
  draw({ frequencies }, { frequencies: [4] }, { required: ['frequencies'] });
  press('Remove Frequencies 1');
  expect(changes).toEqual([
    ['frequencies', [4]],
    ['frequencies', undefined],
    ['frequencies', []],
  ]);
});

test('a point that may be left out is cleared', () => {
  draw({ min: point }, {});
  expect(labelled('Clear Min')).toBeNull();
  draw({ min: point }, { min: [1, 2, 3] }, { required: ['min'] });
  expect(labelled('Clear Min')).toBeNull();
  draw({ min: point }, { min: [1, 2, 3] });
  press('Clear Min');
  expect(changes).toEqual([['min', undefined]]);
});

test('a stored file is told to the form as it is by then', async () => {
  const properties = { file: { type: 'string', 'x-file': true } };
  draw(properties, {});
  press('Choose a file for File');
  act(() => chooser.chosen(new File(['x'], 'a.step')));
  // What was typed meanwhile is in the values that the next `change` knows.
  const later: Json[] = [];
  draw(properties, {}, { change: (_, value) => later.push(value ?? null) });
  await act(async () => stored('hash'));
  expect([later, changes, attached]).toEqual([['a.step'], [], ['hash']]);
});
