import { openDialog } from '../parts/dialog';

type Row = [keys: string, what: string];

const PROJECTS: [string, Row[]] = [
  'Projects',
  [
    ['/', 'Search'],
    ['N', 'New project'],
    ['Double click', 'Open'],
    ['Right click', 'What can be done'],
    ['Esc', 'Search for nothing'],
  ],
];

const SHORTCUTS: [string, Row[]][] = [
  [
    'Project',
    [
      ['Ctrl Z', 'Undo'],
      ['Ctrl Y', 'Redo; Ctrl Shift Z too'],
      ['Ctrl K', 'Find an action, an entity or a view'],
      ['F2', 'Rename the selected'],
      ['Del', 'Delete the selected; on a tab, close it'],
      ['Ctrl D', 'Duplicate the selected'],
      ['Esc', 'Select nothing'],
      ['?', 'This sheet'],
    ],
  ],
  [
    'Tree',
    [
      ['↑ ↓', 'Previous, next; with Shift select those between'],
      ['Home, End', 'First, last'],
      ['→ ←', 'Open, close'],
      ['Space', 'Add to the selection'],
      ['H', 'Hide or show the body'],
      ['Enter', 'Open the view'],
      ['Menu', 'What can be done; Shift F10 too'],
    ],
  ],
  [
    'Fields',
    [
      ['Enter', 'Store the value'],
      ['Esc', 'Take it back'],
      ['Tab', 'Next field'],
    ],
  ],
  [
    'Ribbon and tabs',
    [
      ['→ ←', 'Next, previous tab'],
      ['Enter', 'Open it, or press the button'],
      ['M', 'On the tab of a pane: all of the room, or back'],
    ],
  ],
  [
    '3-D view',
    [
      ['Left drag', 'Orbit'],
      ['Right drag', 'Pan; with Shift also the left'],
      ['Wheel', 'Zoom at the pointer'],
      ['Arrows', 'Orbit in steps'],
      ['+ -', 'Zoom in steps'],
      ['1 … 6', 'Front, back, left, right, top, bottom'],
      ['0', 'From the corner'],
      ['F', 'Fit; with a selection, fit that'],
      ['W', 'Wireframe'],
      ['T', 'Transparent'],
      ['H', 'Hide or show the selected'],
      ['I', 'Show the selected alone'],
      ['A', 'Show all'],
      ['X', 'Section plane x, y, z, none'],
      ['G', 'Mesh lines'],
      ['C', 'Mesh cells'],
      ['B', 'Boundaries'],
      ['M', 'Measure points, edges, faces, bodies'],
      ['P', 'What a click picks: bodies, faces, edges, points'],
      ['N', 'Next that can be picked; Shift N the one before'],
      ['Enter', 'Pick it'],
      ['Shift F10', 'Menu of the selected'],
      ['Esc', 'End picking for a field'],
    ],
  ],
  [
    'Plots',
    [
      ['Drag', 'Zoom into a range'],
      ['Wheel', 'Zoom along x; with Shift along y'],
      ['+ -', 'Zoom along x'],
      ['Shift ↑ ↓', 'Zoom along y'],
      ['Arrows', 'Move along'],
      ['0', 'Whole range; a double click too'],
      ['Click', 'Set a marker'],
    ],
  ],
  PROJECTS,
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
    '1040px',
  );
}
