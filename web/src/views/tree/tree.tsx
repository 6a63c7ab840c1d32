// The navigation tree of the project.
import { type KeyboardEvent, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { pointed } from '../../model/picking';
import { selectedBy } from '../../model/project/presence';
import { modeOf, select } from '../../model/selection';
import { buildTree, filterTree, isResult, means, type Node, type Row, visibleRows } from '../../model/tree';
import { Icon } from '../../parts/icon';
import { openMenu } from '../../parts/menu';
import { useStore } from '../../parts/use-store';
import { useWindow } from '../../parts/use-window';
import { duplicate, entityMenu, hide, openEntity, remove } from '../../shell/workspace/commands';
import { type Desk, useCatalogue, useDesk } from '../../shell/workspace/context';
import { rename } from '../../shell/workspace/rename';
import { useStale } from '../../shell/workspace/stale';

/** As the style says. */
const ROW = 22;
const NOBODY: readonly string[] = [];
const CLOSED_AT_FIRST = new Set(['model', 'exports']);

function hasBody(node: Node, desk: Desk): boolean {
  return (
    node.path === 'model' ||
    node.path.startsWith('model/') ||
    desk.session.entities.get().get(node.path)?.blobs.mesh !== undefined
  );
}

interface RowProps {
  row: Row;
  desk: Desk;
  icon: string;
  result: boolean;
  stale: boolean;
  selected: boolean;
  focused: boolean;
  hidden: boolean;
  /** The pointer is on it in another view. */
  pointedAt: boolean;
  others: readonly string[];
  choose: (path: string, event: { ctrlKey: boolean; metaKey: boolean; shiftKey: boolean }) => void;
  toggle: (path: string) => void;
  focus: (path: string) => void;
}

function TreeRow({
  row,
  desk,
  icon,
  result,
  stale,
  selected,
  focused,
  hidden,
  pointedAt,
  others,
  choose,
  toggle,
  focus,
}: RowProps) {
  const { node, depth, expanded } = row;
  const more = node.children.length > 0;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree around it takes the keys of all rows
    <div
      id={`tree-${node.path}`}
      role="treeitem"
      tabIndex={focused ? 0 : -1}
      aria-level={depth + 1}
      aria-posinset={row.place}
      aria-setsize={row.count}
      aria-selected={selected}
      aria-expanded={more ? expanded : undefined}
      className={`tree-row ${hidden ? 'hidden-body' : ''} ${result ? 'result' : ''} ${pointedAt ? 'pointed' : ''}`}
      style={{ paddingLeft: 4 + depth * 14 }}
      title={node.kind ? `${node.path} · ${node.kind}` : node.path}
      onClick={(event) => choose(node.path, event)}
      onDoubleClick={() => {
        const entity = desk.session.entities.get().get(node.path);
        if (entity && (result || entity.blobs.mesh)) openEntity(desk, entity);
        else if (more) toggle(node.path);
        else desk.openPane('properties');
      }}
      onContextMenu={(event) => {
        event.preventDefault();
        if (!selected) choose(node.path, { ctrlKey: false, metaKey: false, shiftKey: false });
        openMenu(event.clientX, event.clientY, entityMenu(desk, node.path));
      }}
      onPointerEnter={() => pointed.set(node.path)}
      onPointerLeave={() => pointed.set('')}
      onFocus={(event) => event.target === event.currentTarget && focus(node.path)}
    >
      <span
        className="twist"
        aria-hidden="true"
        onClick={(event) => {
          event.stopPropagation();
          if (more) toggle(node.path);
        }}
      >
        {more && <Icon name={expanded ? 'down' : 'right'} size={11} />}
      </span>
      <Icon name={icon} size={15} fallback={node.kind ? 'entity' : 'folder'} />
      <span className="tree-label">{node.label}</span>
      {stale && (
        <span className="badge warn" title="Inputs have changed since this was computed">
          stale
        </span>
      )}
      {others.length > 0 && (
        <span className="badge accent" title={`${others.join(', ')} selected this`}>
          {others[0]}
        </span>
      )}
      {hasBody(node, desk) && (
        <span
          className="tree-eye"
          aria-hidden="true"
          title={hidden ? 'Show (H)' : 'Hide (H)'}
          onClick={(event) => {
            event.stopPropagation();
            hide(desk, [node.path]);
          }}
        >
          <Icon name={hidden ? 'eye-off' : 'eye'} size={13} />
        </span>
      )}
    </div>
  );
}

export function TreeView() {
  const desk = useDesk();
  const { session } = desk;
  const entities = useStore(session.entities);
  const selection = useStore(session.selection);
  const hidden = useStore(session.hidden);
  const others = useStore(session.others);
  const under = useStore(pointed);
  const { branch } = useStore(session.shown);
  const ready = useStore(session.ready);
  const known = useCatalogue();
  const stale = useStale();
  const [text, setText] = useState('');
  const [flipped, setFlipped] = useState<ReadonlySet<string>>(new Set());
  const [focus, setFocus] = useState('');
  const list = useRef<HTMLDivElement>(null);

  const nodes = useMemo(() => filterTree(buildTree(entities.values(), known), text), [entities, known, text]);
  const rows = useMemo(
    () => visibleRows(nodes, (node) => text !== '' || CLOSED_AT_FIRST.has(node.path) === flipped.has(node.path)),
    [nodes, text, flipped],
  );
  const order = useMemo(() => rows.map((row) => row.node.path), [rows]);
  const lead = selection[selection.length - 1];
  // What is selected elsewhere, as in the 3-D view, is opened to.
  useEffect(() => {
    const above = (lead ?? '').split('/').slice(0, -1);
    const folders = above.map((_, index) => above.slice(0, index + 1).join('/'));
    setFlipped((set) => {
      const closed = folders.filter((path) => CLOSED_AT_FIRST.has(path) !== set.has(path));
      if (closed.length === 0) return set;
      const next = new Set(set);
      for (const path of closed) if (!next.delete(path)) next.add(path);
      return next;
    });
  }, [lead]);
  const selectors = useMemo(() => selectedBy(others, branch), [others, branch]);
  const chosen = useMemo(() => new Set(selection), [selection]);
  const focused = order.includes(focus) ? focus : order[0];
  const { rows: drawn, reveal } = useWindow(list, rows.length, ROW, [order.indexOf(focused ?? '')]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows that are opened to can be scrolled to
  useEffect(() => {
    if (lead) reveal(order.indexOf(lead));
  }, [lead, flipped]);
  /** A row that a key leads to: it may be drawn only now. */
  const wanted = useRef('');
  useLayoutEffect(() => {
    if (!wanted.current || wanted.current !== focus) return;
    wanted.current = '';
    reveal(order.indexOf(focus));
    document.getElementById(`tree-${focus}`)?.focus({ preventScroll: true });
  });

  const toggle = (path: string) =>
    setFlipped((set) => {
      const next = new Set(set);
      if (!next.delete(path)) next.add(path);
      return next;
    });
  const choose: RowProps['choose'] = (path, event) => {
    setFocus(path);
    session.selection.update((now) => select(now, path, modeOf(event), order));
  };
  const goTo = (path: string | undefined, event: KeyboardEvent) => {
    if (path === undefined) return;
    if (path === focus) document.getElementById(`tree-${path}`)?.focus();
    else wanted.current = path;
    choose(path, { ctrlKey: false, metaKey: false, shiftKey: event.shiftKey });
  };
  const keys = (event: KeyboardEvent) => {
    const at = order.indexOf(focus);
    const row = rows[at];
    const path = row?.node.path;
    if (event.key === 'ArrowDown') goTo(order[at + 1], event);
    else if (event.key === 'ArrowUp') goTo(order[Math.max(0, at - 1)], event);
    else if (event.key === 'Home') goTo(order[0], event);
    else if (event.key === 'End') goTo(order[order.length - 1], event);
    else if (!row || path === undefined) return;
    else if (event.key === 'ArrowRight')
      row.node.children.length > 0 && !row.expanded ? toggle(path) : goTo(order[at + 1], event);
    else if (event.key === 'ArrowLeft') {
      if (row.expanded) toggle(path);
      else goTo(path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : undefined, event);
    } else if (event.key === 'Enter') {
      const entity = entities.get(path);
      if (entity) openEntity(desk, entity);
    } else if (event.key === ' ') session.selection.update((now) => select(now, path, 'toggle', order));
    else if (event.key === 'h' && !event.ctrlKey) hide(desk, selection.includes(path) ? selection : [path]);
    else if (event.key === 'F2') rename(desk, path);
    else if (event.key === 'Delete') remove(desk, selection.includes(path) ? selection : [path]);
    else if (event.key === 'd' && (event.ctrlKey || event.metaKey))
      duplicate(desk, selection.includes(path) ? selection : [path]);
    else if (event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey)) {
      const box = document.getElementById(`tree-${path}`)?.getBoundingClientRect();
      if (box) openMenu(box.left + 40, box.bottom, entityMenu(desk, path));
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className="tree-pane">
      <div className="pane-bar">
        <input
          className="input"
          type="search"
          aria-label="Search the tree"
          placeholder="Search"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
      </div>
      {rows.length === 0 && (
        <p className="empty">
          {ready === 'opening'
            ? 'Loading…'
            : text
              ? 'Nothing found.'
              : 'The project is empty. Begin with the ribbon above.'}
        </p>
      )}
      <div className="tree" role="tree" aria-label="Project" aria-multiselectable="true" ref={list} onKeyDown={keys}>
        {drawn.map((one) => {
          if ('gap' in one) return <div key={`gap ${one.before}`} role="none" style={{ height: one.gap * ROW }} />;
          const row = rows[one.at] as Row;
          const { path, kind } = row.node;
          const description = known.kinds.get(kind);
          return (
            <TreeRow
              key={path}
              row={row}
              desk={desk}
              icon={description?.icon || (kind ? kind : 'folder')}
              result={isResult(description)}
              stale={stale.has(path)}
              selected={chosen.has(path)}
              focused={focused === path}
              hidden={hidden.has(path)}
              pointedAt={under !== '' && (path === under || means([path], under))}
              others={selectors.get(path) ?? NOBODY}
              choose={choose}
              toggle={toggle}
              focus={setFocus}
            />
          );
        })}
      </div>
    </div>
  );
}
