// The button beside a field that can be filled by picking in the 3-D view.
import { useContext, useEffect, useRef } from 'react';
import { type PickRequest, pickedValue, picking, pickKindOf, takesMany } from '../../model/picking';
import type { Field, Json } from '../../model/schema';
import { Icon } from '../icon';
import { useStore } from '../use-store';
import { FormSurroundings } from './context';

export function PickButton(props: { field: Field; value: Json | undefined; change: (value: Json) => void }) {
  const { readOnly, unitOf } = useContext(FormSurroundings);
  const latest = useRef(props);
  latest.current = props;
  const own = useRef<PickRequest>(undefined);
  const active = useStore(picking);
  useEffect(() => () => picking.update((now) => (now === own.current ? undefined : now)), []);
  const kind = pickKindOf(props.field);
  if (!kind || readOnly) return null;
  const mine = active !== undefined && active === own.current;
  const ask = () => {
    own.current = {
      label: props.field.label,
      kind,
      many: takesMany(props.field),
      take: (part) => {
        const { field, value, change } = latest.current;
        change(pickedValue(field, value, part, unitOf('length')));
      },
    };
    picking.set(mine ? undefined : own.current);
  };
  return (
    <button
      type="button"
      className="bare pick"
      aria-pressed={mine}
      aria-label={`Pick ${props.field.label} in the 3-D view`}
      title={`Pick ${kind === 'edge' ? 'an edge' : `a ${kind}`} in the 3-D view`}
      onClick={ask}
    >
      <Icon name="pick" size={13} />
    </button>
  );
}
