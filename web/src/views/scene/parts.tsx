// Faces and edges of a body in the property grid: a click shows them in the 3-D view, and what is picked there is
// marked here.
import { useEffect, useRef, useState } from 'react';
import type { Entity } from '../../contract';
import type { Part } from '../../model/picking';
import type { JsonObject } from '../../model/schema';
import { formatNumber, formatSI, propertiesOf } from '../../model/value';
import { Icon } from '../../parts/icon';
import { useStore } from '../../parts/use-store';
import { useDesk } from '../../shell/workspace/context';

/** More rows than anybody reads; what is picked is always among them. */
const MOST_ROWS = 200;

const size = (kind: Part['kind'], item: JsonObject) =>
  kind === 'face' ? `${formatNumber(Number(item.area) * 1e6, 4)} mm²` : formatSI(Number(item.length), 'm', 4);

function PartRow({
  entity,
  item,
  kind,
  index,
}: {
  entity: Entity;
  item: JsonObject;
  kind: 'face' | 'edge';
  index: number;
}) {
  const desk = useDesk();
  const parts = useStore(desk.parts);
  const row = useRef<HTMLButtonElement>(null);
  const chosen = parts.some((part) => part.path === entity.path && part.kind === kind && part.index === index);
  useEffect(() => {
    if (chosen) row.current?.scrollIntoView({ block: 'nearest' });
  }, [chosen]);
  const at = (kind === 'face' ? item.center : item.middle) as unknown as Part['at'];
  return (
    <button
      ref={row}
      type="button"
      className="part-row"
      aria-pressed={chosen}
      onClick={() => desk.parts.set(chosen ? [] : [{ path: entity.path, kind, index, at }])}
    >
      <span className="mono">{index}</span>
      <span>{String(item.kind)}</span>
      <span className="mono">{size(kind, item)}</span>
    </button>
  );
}

function PartRows({ entity, kind }: { entity: Entity; kind: 'face' | 'edge' }) {
  const parts = useStore(useDesk().parts);
  const own = parts.filter((part) => part.path === entity.path && part.kind === kind);
  const [open, setOpen] = useState(false);
  useEffect(() => {
    if (own.length > 0) setOpen(true);
  }, [own.length]);
  const list = propertiesOf(entity)[kind === 'face' ? 'faces' : 'edges'];
  const items = (Array.isArray(list) ? list : []) as JsonObject[];
  const title = kind === 'face' ? 'Faces' : 'Edges';
  const shown = items.map((item, index) => ({ item, index }));
  const rows = shown.filter(({ index }) => index < MOST_ROWS || own.some((part) => part.index === index));
  return (
    <div className="part-rows">
      <button type="button" className="bare part-head" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon name={open ? 'down' : 'right'} size={11} />
        <Icon name={kind} size={14} /> {title} <span className="muted">{items.length}</span>
      </button>
      {open &&
        rows.map(({ item, index }) => <PartRow key={index} entity={entity} item={item} kind={kind} index={index} />)}
      {open && rows.length < items.length && (
        <p className="hint">{items.length - rows.length} more can be picked in the 3-D view.</p>
      )}
    </div>
  );
}

/** Names of the properties that `Parts` shows. */
export const PART_LISTS: readonly string[] = ['faces', 'edges'];

/** The lists of a body; nothing for what has none. */
export function Parts({ entity }: { entity: Entity }) {
  if (!entity.blobs.mesh) return null;
  return (
    <>
      <PartRows entity={entity} kind="face" />
      <PartRows entity={entity} kind="edge" />
    </>
  );
}
