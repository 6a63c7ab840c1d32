import { openDialog } from '../parts/dialog';

const SHORTCUTS: [string, [string, string][]][] = [
  [
    'Project',
    [
      ['Ctrl Z', 'Undo'],
      ['Ctrl Y', 'Redo'],
      ['Ctrl K', 'Find an action, an entity or a view'],
      ['F2', 'Rename the selected'],
      ['Del', 'Delete the selected'],
      ['Ctrl D', 'Duplicate the selected'],
      ['Esc', 'Select nothing'],
      ['?', 'This sheet'],
    ],
  ],
  [
    'Tree',
    [
      ['↑ ↓', 'Previous, next'],
      ['→ ←', 'Open, close'],
      ['Space', 'Add to the selection'],
      ['H', 'Hide or show the body'],
      ['Enter', 'Open the view'],
      ['Menu', 'What can be done'],
    ],
  ],
  [
    '3-D view',
    [
      ['Left drag', 'Orbit'],
      ['Right or Shift drag', 'Pan'],
      ['Wheel', 'Zoom at the pointer'],
      ['1 … 6', 'Front, back, left, right, top, bottom'],
      ['0', 'Perspective corner'],
      ['F', 'Fit; with a selection, fit that'],
      ['W', 'Wireframe'],
      ['T', 'Transparent'],
      ['X', 'Section plane x, y, z, none'],
      ['G', 'Mesh lines'],
      ['B', 'Boundaries'],
      ['M', 'Measure between two points'],
      ['P', 'What a click picks: bodies, faces, edges, points'],
      ['N', 'Next that can be picked; Shift N the one before'],
      ['Enter', 'Pick it'],
      ['Arrows', 'Orbit in steps'],
    ],
  ],
  [
    'Plots',
    [
      ['Drag', 'Zoom into a range'],
      ['Double click', 'Whole range'],
      ['Click', 'Set a marker'],
    ],
  ],
];

export function showShortcuts(): void {
  openDialog(
    'Keyboard and mouse',
    () => (
      <div className="shortcuts">
        {SHORTCUTS.map(([title, rows]) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {rows.map(([keys, what]) => (
                <div key={keys}>
                  <dt>
                    <kbd>{keys}</kbd>
                  </dt>
                  <dd>{what}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    ),
    'lg',
  );
}
