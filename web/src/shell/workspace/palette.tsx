// Finds actions, new things, entities and views by a few letters.
import { type KeyboardEvent, useMemo, useState } from 'react';
import { buildRibbon } from '../../model/ribbon';
import { openDialog } from '../../parts/dialog';
import { Icon } from '../../parts/icon';
import { act, create, openEntity } from './commands';
import { type Desk, viewsFor } from './context';

interface Entry {
  label: string;
  hint: string;
  icon: string;
  run: () => void;
}

function entries(desk: Desk): Entry[] {
  const services = desk.session.services.get();
  const found: Entry[] = [];
  for (const tab of buildRibbon(services, 'Home')) {
    for (const group of tab.groups) {
      for (const item of group.items) {
        const { action, kind } = item;
        found.push({
          label: action ? item.label : `New ${item.label.toLowerCase()}`,
          hint: `${tab.name} · ${group.name}`,
          icon: item.icon,
          run: () => (action ? act(desk, action) : kind && create(desk, kind)),
        });
      }
    }
  }
  for (const entity of desk.session.entities.get().values()) {
    found.push({
      label: entity.path,
      hint: 'select',
      icon: entity.kind,
      run: () => {
        desk.session.selection.set([entity.path]);
        desk.openPane('properties');
      },
    });
    for (const view of viewsFor(services, entity)) {
      if (view.view !== 'scene')
        found.push({
          label: entity.path,
          hint: `show ${view.label || view.view}`,
          icon: view.view,
          run: () => openEntity(desk, entity, view.view),
        });
    }
  }
  return found;
}

function Palette({ desk, close }: { desk: Desk; close: () => void }) {
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const all = useMemo(() => entries(desk), [desk]);
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = all
    .filter((entry) => words.every((word) => `${entry.label} ${entry.hint}`.toLowerCase().includes(word)))
    .slice(0, 40);
  const choose = (entry: Entry | undefined) => {
    if (!entry) return;
    close();
    setTimeout(entry.run);
  };
  const keys = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') setAt(Math.min(found.length - 1, at + 1));
    else if (event.key === 'ArrowUp') setAt(Math.max(0, at - 1));
    else if (event.key === 'Enter') choose(found[at]);
    else return;
    event.preventDefault();
  };
  return (
    <div className="palette">
      <input
        className="input"
        data-autofocus
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={found[at] ? `palette-${at}` : undefined}
        aria-label="Find"
        placeholder="Action, entity or view"
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={keys}
      />
      <div id="palette-list" role="listbox" aria-label="Found" className="palette-list">
        {found.map((entry, index) => (
          <div
            key={`${entry.label} ${entry.hint}`}
            id={`palette-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === at}
            onClick={() => choose(entry)}
            onKeyDown={undefined}
          >
            <Icon name={entry.icon} />
            <span>{entry.label}</span>
            <span className="muted">{entry.hint}</span>
          </div>
        ))}
      </div>
    </div>
  );
}

export function openPalette(desk: Desk): void {
  openDialog('Find', (close) => <Palette desk={desk} close={close} />);
}
