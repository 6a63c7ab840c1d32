// A form drawn from fields, as rows of name and value; groups, lists and variants are indented below their row.
import { type ReactNode, useContext, useState } from 'react';
import { keptList, startValue } from '../../model/defaults';
import { type Field, humanize, type Json, type JsonObject } from '../../model/schema';
import { type Units, unitAt } from '../../model/units';
import { formatNumber, shared, summary, variantOf, withValue } from '../../model/value';
import { Icon } from '../icon';
import { Columns } from './columns';
import { FormSurroundings } from './context';
import { Input } from './inputs';
import { PickButton } from './pick';

/** Pixels that what is within stands to the right. */
const INDENT = 12;

interface RowProps {
  field: Field;
  value: Json | undefined;
  mixed?: boolean;
  placeholder?: Json;
  depth: number;
  change: (value: Json | undefined) => void;
}

function Line({
  field,
  depth,
  open,
  toggle,
  children,
}: {
  field: Field;
  depth: number;
  open?: boolean;
  toggle?: () => void;
  children?: ReactNode;
}) {
  return (
    <div
      className="field"
      style={{
        paddingLeft: depth * INDENT,
        gridTemplateColumns: `calc(var(--names) - ${depth * INDENT}px) minmax(0, 1fr)`,
      }}
      title={field.description ? `${field.label}: ${field.description}` : field.label}
    >
      <div className={`field-name ${field.required ? 'required' : ''}`}>
        {toggle && (
          <button
            type="button"
            className="bare twist"
            aria-expanded={open}
            aria-label={`${field.label}, details`}
            onClick={toggle}
          >
            <Icon name={open ? 'down' : 'right'} size={11} />
          </button>
        )}
        <span>{field.label}</span>
      </div>
      <div className="field-value">{children}</div>
    </div>
  );
}

const hint = (value: Json | undefined) =>
  value === undefined || value === null || typeof value === 'object'
    ? undefined
    : typeof value === 'number'
      ? formatNumber(value)
      : String(value);

function GroupRow({ field, value, placeholder, depth, change }: RowProps) {
  const [open, setOpen] = useState(depth < 1);
  const values = typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
  const hints = (placeholder ?? {}) as JsonObject;
  const put = (name: string, inner: Json | undefined) => {
    const next = withValue(values, name, inner);
    change(Object.keys(next).length === 0 && !field.required ? undefined : next);
  };
  return (
    <>
      <Line field={field} depth={depth} open={open} toggle={() => setOpen(!open)}>
        {!open && <span className="muted summary">{summary(value)}</span>}
      </Line>
      {open &&
        field.fields?.map((inner) => (
          <FieldRow
            key={inner.name}
            field={inner}
            value={values[inner.name]}
            placeholder={hints?.[inner.name]}
            depth={depth + 1}
            change={(next) => put(inner.name, next)}
          />
        ))}
    </>
  );
}

function PlacesRow({ field, value, placeholder, depth, change, mixed }: RowProps) {
  const { readOnly } = useContext(FormSurroundings);
  const places = field.places ?? [];
  const values = Array.isArray(value) ? value : [];
  const hints = Array.isArray(placeholder) ? placeholder : [];
  const put = (index: number, inner: Json | undefined) => {
    const next = places.map((place, at) => (at === index ? inner : values[at]) ?? startValue(place));
    change(inner === undefined && values.length === 0 ? undefined : next);
  };
  return (
    <Line field={field} depth={depth}>
      <span className="places">
        {places.map((place, index) => (
          <span key={place.name} className="place">
            <Input
              field={{ ...place, required: false }}
              name={`${field.label} ${place.label}`}
              value={values[index]}
              mixed={mixed}
              placeholder={hint(hints[index]) ?? place.label.toLowerCase()}
              change={(next) => put(index, next)}
            />
          </span>
        ))}
        {!field.required && !readOnly && (values.length > 0 || mixed) && (
          <button
            type="button"
            className="bare"
            title="Leave it open"
            aria-label={`Clear ${field.label}`}
            onClick={() => change(undefined)}
          >
            <Icon name="close" size={12} />
          </button>
        )}
        <PickButton field={field} value={value} change={change} />
      </span>
    </Line>
  );
}

function ListRow({ field, value, placeholder, depth, change }: RowProps) {
  const { readOnly } = useContext(FormSurroundings);
  const item = field.item;
  const values = Array.isArray(value) ? value : [];
  if (!item) return null;
  const keep = (next: Json) => change(Array.isArray(next) ? keptList(field, next) : next);
  const put = (index: number, inner: Json | undefined) => {
    keep(
      inner === undefined
        ? values.filter((_, at) => at !== index)
        : values.map((old, at) => (at === index ? inner : old)),
    );
  };
  const first = Array.isArray(placeholder) ? placeholder[0] : undefined;
  return (
    <>
      <Line field={field} depth={depth}>
        <button
          type="button"
          className="bare"
          disabled={readOnly}
          onClick={() => change([...values, startValue(item)])}
        >
          <Icon name="plus" size={12} /> Add
        </button>
        <PickButton field={field} value={value} change={keep} />
        {values.length > 0 && <span className="muted">{values.length}</span>}
      </Line>
      {values.map((inner, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: items of a list have no name but their place
        <div className="list-item" key={index}>
          <FieldRow
            field={{ ...item, label: `${index + 1}`, required: true }}
            value={inner}
            placeholder={first}
            depth={depth + 1}
            change={(next) => put(index, next)}
          />
          <button
            type="button"
            className="bare remove"
            disabled={readOnly}
            aria-label={`Remove ${field.label} ${index + 1}`}
            onClick={() => put(index, undefined)}
          >
            <Icon name="close" size={12} />
          </button>
        </div>
      ))}
    </>
  );
}

function VariantsRow({ field, value, placeholder, depth, change }: RowProps) {
  const { readOnly } = useContext(FormSurroundings);
  const variants = field.variants ?? [];
  const at = variantOf(field, value);
  const variant = variants[at];
  return (
    <>
      <Line field={field} depth={depth}>
        <select
          className="input"
          aria-label={`${field.label}, form`}
          disabled={readOnly}
          value={value === undefined ? '' : at}
          onChange={(event) => {
            const chosen = variants[Number(event.currentTarget.value)];
            change(event.currentTarget.value === '' || !chosen ? undefined : startValue(chosen));
          }}
        >
          {(value === undefined || !field.required) && <option value="">–</option>}
          {variants.map((one, index) => (
            <option key={one.name} value={index}>
              {humanize(one.name)}
            </option>
          ))}
        </select>
        <PickButton field={field} value={value} change={change} />
      </Line>
      {value !== undefined &&
        variant &&
        variant.kind === 'group' &&
        variant.fields
          ?.filter((inner) => !(inner.kind === 'choice' && inner.options?.length === 1))
          .map((inner) => (
            <FieldRow
              key={inner.name}
              field={inner}
              value={(value as JsonObject)[inner.name]}
              depth={depth + 1}
              change={(next) => change(withValue(value as JsonObject, inner.name, next))}
            />
          ))}
      {value !== undefined &&
        variant &&
        variant.kind !== 'group' &&
        !(variant.kind === 'choice' && variant.options?.length === 1) && (
          <FieldRow
            field={{ ...variant, label: humanize(variant.name) }}
            value={value}
            placeholder={placeholder}
            depth={depth + 1}
            change={change}
          />
        )}
    </>
  );
}

export function FieldRow(props: RowProps) {
  const { field, value, mixed, placeholder, depth, change } = props;
  if (field.kind === 'group' && !mixed) return <GroupRow {...props} />;
  if (field.kind === 'list' && field.places) return <PlacesRow {...props} />;
  if (field.kind === 'list' && field.item && !mixed) return <ListRow {...props} />;
  if (field.kind === 'variants' && !mixed) return <VariantsRow {...props} />;
  const single: Field = ['group', 'list', 'variants'].includes(field.kind) ? { ...field, kind: 'json' } : field;
  return (
    <Line field={field} depth={depth}>
      <Input
        field={single}
        name={field.label}
        value={value}
        mixed={mixed}
        placeholder={hint(placeholder)}
        change={change}
      />
      <PickButton field={field} value={value} change={change} />
    </Line>
  );
}

/** Fields of one or several sets of values; a change is told by the name of the field. */
export function Form(props: {
  fields: readonly Field[];
  values: readonly JsonObject[];
  examples?: JsonObject;
  change: (name: string, value: Json | undefined) => void;
}) {
  return (
    <Columns>
      {props.fields.map((field) => {
        const { mixed, value } = shared(props.values, field.name);
        return (
          <FieldRow
            key={field.name}
            field={field}
            value={value}
            mixed={mixed}
            placeholder={props.examples?.[field.name]}
            depth={0}
            change={(next) => props.change(field.name, next)}
          />
        );
      })}
    </Columns>
  );
}

/** Fields for values that no schema names, by what they are. */
export function fieldsOfValues(values: JsonObject, known: readonly Field[]): Field[] {
  return Object.entries(values)
    .filter(([name]) => !known.some((field) => field.name === name))
    .map(([name, value]) => fieldOf(name, value));
}

function fieldOf(name: string, value: Json): Field {
  const kinds: { [type: string]: Field['kind'] } = { boolean: 'boolean', object: 'json', number: 'quantity' };
  const kind = kinds[typeof value] ?? 'text';
  return { name, label: humanize(name), description: '', kind, required: false, nullable: true };
}

const isGroup = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0;

/** Fields for what was computed, to be read: with units, and a group for what holds more of them. */
export function fieldsOfResult(values: JsonObject, units: Units, above: readonly string[] = []): Field[] {
  return Object.entries(values).map(([name, value]) => {
    const place = [...above, name];
    const field = { ...fieldOf(name, value), unit: unitAt(units, place) };
    return isGroup(value) ? { ...field, kind: 'group', fields: fieldsOfResult(value, units, place) } : field;
  });
}
