// Context menus: opened at the pointer or under a button, walked with the arrow keys.
import { type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { Store } from '../model/store';
import { Icon } from './icon';
import { useStore } from './use-store';

export interface MenuItem {
  label: string;
  icon?: string;
  hint?: string;
  danger?: boolean;
  disabled?: boolean;
  /** A line above. */
  apart?: boolean;
  run: () => void;
}

interface Open {
  x: number;
  y: number;
  items: MenuItem[];
  back: Element | null;
}

const open = new Store<Open | undefined>(undefined);

/** Opens a menu at a place of the window. */
export function openMenu(x: number, y: number, items: MenuItem[]): void {
  if (items.length > 0) open.set({ x, y, items, back: document.activeElement });
}

/** Opens a menu under an element. */
export function openMenuUnder(element: Element, items: MenuItem[]): void {
  const box = element.getBoundingClientRect();
  openMenu(box.left, box.bottom + 2, items);
}

function MenuList({ menu }: { menu: Open }) {
  const list = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState({ left: menu.x, top: menu.y });
  const shut = () => {
    open.set(undefined);
    if (menu.back instanceof HTMLElement) menu.back.focus();
  };
  useLayoutEffect(() => {
    const box = list.current?.getBoundingClientRect();
    if (!box) return;
    setPlace({
      left: Math.max(4, Math.min(menu.x, window.innerWidth - box.width - 4)),
      top: Math.max(4, Math.min(menu.y, window.innerHeight - box.height - 4)),
    });
    list.current?.querySelector<HTMLElement>('button:not(:disabled)')?.focus();
  }, [menu]);
  const walk = (event: KeyboardEvent) => {
    const buttons = [...(list.current?.querySelectorAll<HTMLElement>('button:not(:disabled)') ?? [])];
    const at = buttons.indexOf(document.activeElement as HTMLElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) buttons[(at + step + buttons.length) % buttons.length]?.focus();
    else if (event.key === 'Escape' || event.key === 'Tab') shut();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className="menu" role="menu" tabIndex={-1} ref={list} style={place} onKeyDown={walk}>
      {menu.items.map((item) => (
        <button
          key={item.label}
          type="button"
          role="menuitem"
          className={`${item.apart ? 'apart' : ''} ${item.danger ? 'danger' : ''}`}
          disabled={item.disabled}
          onClick={() => {
            shut();
            item.run();
          }}
        >
          <span className="menu-icon">{item.icon && <Icon name={item.icon} />}</span>
          <span>{item.label}</span>
          {item.hint && <kbd>{item.hint}</kbd>}
        </button>
      ))}
    </div>
  );
}

export function MenuHost() {
  const menu = useStore(open);
  useEffect(() => {
    if (!menu) return;
    const away = (event: Event) => {
      if (!(event.target instanceof Element && event.target.closest('.menu'))) open.set(undefined);
    };
    window.addEventListener('pointerdown', away, true);
    window.addEventListener('blur', away);
    return () => {
      window.removeEventListener('pointerdown', away, true);
      window.removeEventListener('blur', away);
    };
  }, [menu]);
  return menu ? <MenuList key={`${menu.x} ${menu.y}`} menu={menu} /> : null;
}
