// The ribbon: Home and View are the client's own, all other tabs come from the services.
import { useMemo, useRef, useState } from 'react';
import type { Can } from '../../model/project/undoing';
import { buildRibbon, type RibbonGroup, type RibbonItem } from '../../model/ribbon';
import { openDialog } from '../../parts/dialog';
import { Icon } from '../../parts/icon';
import { useStore } from '../../parts/use-store';
import { makeBranch, makeTag, mergeBranch } from '../../views/versions/commands';
import { ShareDialog } from '../overview/share';
import { act, create, redo, undo } from './commands';
import { type Desk, type SceneSettings, toggleSection, useDesk } from './context';

interface Button {
  label: string;
  icon: string;
  title?: string;
  pressed?: boolean;
  disabled?: boolean;
  large?: boolean;
  run: () => void;
}

function RibbonButton({ button }: { button: Button }) {
  return (
    <button
      type="button"
      className={`ribbon-button ${button.large ? 'large' : ''}`}
      title={button.title || button.label}
      aria-pressed={button.pressed}
      disabled={button.disabled}
      onClick={button.run}
    >
      <Icon name={button.icon} size={button.large ? 26 : 16} />
      <span>{button.label}</span>
    </button>
  );
}

function Group({ name, buttons }: { name: string; buttons: Button[] }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out as a ribbon's group
    <div className="ribbon-group" role="group" aria-label={name}>
      <div className="ribbon-buttons">
        {buttons.map((button) => (
          <RibbonButton key={button.label} button={button} />
        ))}
      </div>
      <div className="ribbon-name" aria-hidden="true">
        {name}
      </div>
    </div>
  );
}

function serviceButton(desk: Desk, item: RibbonItem, readOnly: boolean): Button {
  const { action, kind } = item;
  return {
    label: item.label,
    icon: item.icon,
    title: item.description ? `${item.label}: ${item.description}` : item.label,
    large: action !== undefined,
    disabled: readOnly,
    run: () => (action ? act(desk, action) : kind && create(desk, kind)),
  };
}

function homeGroups(desk: Desk, readOnly: boolean, can: Can): [string, Button[]][] {
  const { session } = desk;
  const info = session.info.get();
  return [
    [
      'History',
      [
        {
          label: 'Undo',
          icon: 'undo',
          large: true,
          title: can.undo ? `Undo “${can.undo}” (Ctrl Z)` : 'You have nothing to undo',
          disabled: readOnly || !can.undo,
          run: () => undo(desk),
        },
        {
          label: 'Redo',
          icon: 'redo',
          large: true,
          title: can.redo ? `Redo “${can.redo}” (Ctrl Y)` : 'You have nothing to redo',
          disabled: readOnly || !can.redo,
          run: () => redo(desk),
        },
        {
          label: 'Branch…',
          icon: 'branch',
          disabled: !session.mayEdit,
          run: () => makeBranch(desk, session.shown.get().version),
        },
        { label: 'Merge…', icon: 'merge', disabled: readOnly, run: () => mergeBranch(desk) },
        {
          label: 'Label…',
          icon: 'tag',
          disabled: !session.mayEdit,
          run: () => makeTag(desk, session.shown.get().version),
        },
      ],
    ],
    [
      'Panes',
      [
        { label: 'Versions', icon: 'history', run: () => desk.openPane('versions') },
        { label: 'Parameters', icon: 'parameter', run: () => desk.openPane('parameters') },
        { label: 'Properties', icon: 'table', run: () => desk.openPane('properties') },
        { label: 'Runs', icon: 'run', run: () => desk.openPane('runs') },
        { label: 'Output', icon: 'entity', run: () => desk.openPane('log') },
        { label: '3-D view', icon: 'cuboid', run: () => desk.openPane('scene') },
        {
          label: 'Standard layout',
          icon: 'home',
          title: 'Puts all panes where they are at first',
          run: () => desk.arrange('standard'),
        },
        {
          label: 'Maximise',
          icon: 'fit',
          title: 'Gives the active pane all of the room, or takes it back; a double click on a tab does too',
          run: () => desk.arrange('maximise'),
        },
      ],
    ],
    [
      'Project',
      [
        {
          label: 'Share…',
          icon: 'share',
          large: true,
          disabled: info?.right !== 'RIGHT_OWNER',
          run: () => info && openDialog(`Share ${info.name}`, (close) => <ShareDialog project={info} close={close} />),
        },
      ],
    ],
  ];
}

function viewGroups(desk: Desk, settings: SceneSettings): [string, Button[]][] {
  const command = (name: string) => () => desk.sceneCommand.update((last) => ({ name, count: last.count + 1 }));
  const toggle = (name: keyof SceneSettings, label: string, icon: string): Button => ({
    label,
    icon,
    pressed: settings[name] === true,
    run: () => desk.scene.update((now) => ({ ...now, [name]: !now[name] })),
  });
  const side = (name: string): Button => ({
    label: name.charAt(0).toUpperCase() + name.slice(1),
    icon: 'cuboid',
    run: command(name),
  });
  const section = (axis: 'x' | 'y' | 'z'): Button => ({
    label: `Section ${axis}`,
    icon: 'section',
    pressed: settings.sections.some((plane) => plane.axis === axis),
    run: () => desk.scene.update((now) => toggleSection(now, axis)),
  });
  return [
    [
      'Look',
      [
        { label: 'Fit', icon: 'fit', large: true, title: 'Fit (F)', run: command('fit') },
        side('corner'),
        side('front'),
        side('back'),
        side('left'),
        side('right'),
        side('top'),
        side('bottom'),
      ],
    ],
    [
      'Draw',
      [
        toggle('wireframe', 'Wireframe', 'mesh'),
        toggle('transparent', 'Transparent', 'cuboid'),
        toggle('edges', 'Edges', 'pyramid'),
        toggle('axes', 'Axes', 'translate'),
        toggle('meshLines', 'Mesh lines', 'mesh'),
        toggle('cells', 'Mesh cells', 'cells'),
        toggle('perspective', 'Perspective', 'eye'),
        toggle('marks', 'Ports, monitors', 'port'),
        toggle('sides', 'Boundaries', 'boundaries'),
      ],
    ],
    ['Section', [section('x'), section('y'), section('z')]],
    ['Tools', [toggle('measure', 'Measure', 'ruler'), { label: 'Picture', icon: 'camera', run: command('picture') }]],
  ];
}

const SMALL = 'opentwin.ribbon.small';

/** Whether only the tabs are shown; kept in this browser. */
function useSmall(): [boolean, (small: boolean) => void] {
  const [small, set] = useState(() => localStorage.getItem(SMALL) === 'yes');
  return [
    small,
    (next) => {
      set(next);
      try {
        localStorage.setItem(SMALL, next ? 'yes' : 'no');
      } catch {
        // It is as large as ever the next time.
      }
    },
  ];
}

export function Ribbon() {
  const desk = useDesk();
  const services = useStore(desk.session.services);
  const settings = useStore(desk.scene);
  const { live } = useStore(desk.session.shown);
  const can = useStore(desk.session.undoing.can);
  useStore(desk.session.info);
  const readOnly = !live || !desk.session.mayEdit;
  const [chosen, setChosen] = useState('Home');
  const [small, setSmall] = useSmall();
  const before = useRef(small);
  const tabs = useMemo(() => buildRibbon(services, 'Home'), [services]);
  const names = ['Home', ...tabs.map((tab) => tab.name).filter((name) => name !== 'Home' && name !== 'View'), 'View'];
  const own = tabs.find((tab) => tab.name === chosen)?.groups ?? [];
  const groups: [string, Button[]][] = [
    ...(chosen === 'Home' ? homeGroups(desk, readOnly, can) : chosen === 'View' ? viewGroups(desk, settings) : []),
    ...own.map((group: RibbonGroup): [string, Button[]] => [
      group.name,
      group.items.map((item) => serviceButton(desk, item, readOnly)),
    ]),
  ];
  const walk = (event: React.KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = names[(names.indexOf(chosen) + step + names.length) % names.length] as string;
    setChosen(next);
    document.getElementById(`ribbon-tab-${next}`)?.focus();
  };
  return (
    <section className="ribbon" aria-label="Ribbon">
      <div className="ribbon-head">
        <div className="ribbon-tabs" role="tablist" aria-label="Ribbon tabs" onKeyDown={walk}>
          {names.map((name) => (
            <button
              key={name}
              id={`ribbon-tab-${name}`}
              type="button"
              role="tab"
              aria-selected={chosen === name}
              aria-controls={small ? undefined : 'ribbon-body'}
              tabIndex={chosen === name ? 0 : -1}
              onClick={(event) => {
                // A double click turns it to what it was not before its first one.
                if (event.detail < 2) before.current = small;
                setChosen(name);
                setSmall(false);
              }}
              onDoubleClick={() => setSmall(!before.current)}
            >
              {name}
            </button>
          ))}
        </div>
        <button
          type="button"
          className="bare"
          aria-expanded={!small}
          aria-label="Ribbon"
          title={small ? 'Show the ribbon' : 'Show the tabs of the ribbon only; a double click on a tab does too'}
          onClick={() => setSmall(!small)}
        >
          <Icon name={small ? 'down' : 'up'} size={12} />
        </button>
      </div>
      {!small && (
        <div className="ribbon-body" id="ribbon-body" role="tabpanel" aria-label={chosen}>
          {groups.map(([name, buttons]) => (
            <Group key={name} name={name} buttons={buttons} />
          ))}
        </div>
      )}
    </section>
  );
}
