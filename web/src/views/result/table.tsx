// Any entity as a table of its properties; lists of objects and columns of curves are sorted by their heads.
import { useMemo, useState } from 'react';
import { humanize, type Json, type JsonObject } from '../../model/schema';
import { naturally } from '../../model/sort';
import { type Units, unitAt, unitsOf } from '../../model/units';
import { isHash, propertiesOf, summary, told } from '../../model/value';
import { fileName, save } from '../../parts/files';
import { Icon } from '../../parts/icon';
import { useStore } from '../../parts/use-store';
import { kindOf, useDesk } from '../../shell/workspace/context';
import { useSeries } from '../plot/use-series';

type Cell = number | string;

interface Sheet {
  title: string;
  columns: string[];
  rows: Cell[][];
  /** Each row has a unit of its own, in the last column: on the screen numbers are told with it. */
  mixed?: boolean;
}

function cell(value: Json | undefined): Cell {
  return typeof value === 'number' ? value : summary(value);
}

const headed = (name: string, unit: string) => (unit ? `${humanize(name)} / ${unit}` : humanize(name));

/** The tables in a set of properties: one of its single values, one for each list of objects or lists. */
export function sheetsOf(properties: JsonObject, units: Units = []): Sheet[] {
  const single: Cell[][] = [];
  const sheets: Sheet[] = [];
  const walk = (values: JsonObject, prefix: string, above: readonly string[]) => {
    for (const [name, value] of Object.entries(values)) {
      const place = [...above, name];
      const label = prefix ? `${prefix} · ${humanize(name)}` : humanize(name);
      const objects =
        Array.isArray(value) &&
        value.length > 0 &&
        value.every((item) => typeof item === 'object' && item !== null && !Array.isArray(item));
      if (objects) {
        const items = value as JsonObject[];
        const columns = [...new Set(items.flatMap((item) => Object.keys(item)))];
        sheets.push({
          title: label,
          columns: columns.map((column) => headed(column, unitAt(units, [...place, '*', column]))),
          rows: items.map((item) => columns.map((column) => cell(item[column]))),
        });
      } else if (typeof value === 'object' && value !== null && !Array.isArray(value)) walk(value, label, place);
      else {
        const unit = unitAt(units, place);
        single.push(
          typeof value === 'number' ? [label, value, unit] : [label, unit ? told(value, unit) : cell(value), ''],
        );
      }
    }
  };
  const { inputs, ...rest } = properties;
  // The hash of its inputs tells people nothing; whether it is stale stands in the tree.
  walk(isHash(inputs) ? rest : properties, '', []);
  if (single.length === 0) return sheets;
  return [{ title: 'Properties', columns: ['Name', 'Value', 'Unit'], rows: single, mixed: true }, ...sheets];
}

function csv(sheet: Sheet): string {
  const quote = (value: Cell) =>
    /[",\n]/.test(String(value)) ? `"${String(value).replace(/"/g, '""')}"` : String(value);
  return `${[sheet.columns, ...sheet.rows].map((row) => row.map(quote).join(',')).join('\n')}\n`;
}

const SHOWN = 500;

function SheetTable({ sheet, stem }: { sheet: Sheet; stem: string }) {
  const [by, setBy] = useState<{ column: number; reverse: boolean }>();
  const rows = useMemo(() => {
    if (!by) return sheet.rows;
    const compare = (a: Cell[], b: Cell[]) => {
      const [x, y] = [a[by.column], b[by.column]];
      return typeof x === 'number' && typeof y === 'number' ? x - y : naturally(String(x), String(y));
    };
    const sorted = [...sheet.rows].sort(compare);
    return by.reverse ? sorted.reverse() : sorted;
  }, [sheet, by]);
  return (
    <section>
      <header className="pane-bar">
        <h3>{sheet.title}</h3>
        <span className="muted">
          {rows.length} row{rows.length === 1 ? '' : 's'}
          {rows.length > SHOWN && `, the first ${SHOWN} shown`}
        </span>
        <button
          type="button"
          className="bare"
          onClick={() => save(`${stem}-${fileName(sheet.title)}.csv`, csv(sheet), 'text/csv')}
        >
          <Icon name="export" size={14} /> CSV
        </button>
      </header>
      <table className="grid">
        <thead>
          <tr>
            {(sheet.mixed ? sheet.columns.slice(0, -1) : sheet.columns).map((column, index) => (
              <th key={column} aria-sort={by?.column === index ? (by.reverse ? 'descending' : 'ascending') : 'none'}>
                <button
                  type="button"
                  className="bare"
                  onClick={() => setBy({ column: index, reverse: by?.column === index && !by.reverse })}
                >
                  {column}
                  {by?.column === index && <span aria-hidden="true">{by.reverse ? '▾' : '▴'}</span>}
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, SHOWN).map((row, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows have no name
            <tr key={index}>
              {(sheet.mixed ? row.slice(0, -1) : row).map((value, at) => (
                <td key={sheet.columns[at]} className={typeof value === 'number' ? 'mono numeric' : ''}>
                  {typeof value === 'number' ? told(value, sheet.mixed ? String(row.at(-1)) : '') : value}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

export function TableView({ path }: { path: string }) {
  const { session } = useDesk();
  const entities = useStore(session.entities);
  const entity = entities.get(path);
  const services = useStore(session.services);
  const schema = (entity && kindOf(services, entity.kind)?.schema) ?? '';
  const { layers } = useSeries(path);
  const series = entity?.blobs.series ? layers[0]?.series : undefined;
  const sheets = useMemo(() => {
    const found = sheetsOf(propertiesOf(entity), unitsOf(schema, propertiesOf(entity)));
    const first = series?.curves[0];
    if (!series || !first) return found;
    const same = series.curves.filter((curve) => curve.x.length === first.x.length);
    const columns = [
      `${series.x.name} / ${series.x.unit}`,
      ...same.flatMap((curve) => (curve.im ? [`Re ${curve.name}`, `Im ${curve.name}`] : [curve.name])),
    ];
    const rows = Array.from(first.x, (x, at) => [
      x,
      ...same.flatMap((curve) => (curve.im ? [curve.re[at] ?? '', curve.im[at] ?? ''] : [curve.re[at] ?? ''])),
    ]);
    return [{ title: 'Values', columns, rows }, ...found];
  }, [entity, series, schema]);
  if (!entity) return <p className="empty">{path} is not in the shown version.</p>;
  return (
    <div className="scroll sheets">
      {sheets.map((sheet) => (
        <SheetTable key={sheet.title} sheet={sheet} stem={fileName(path)} />
      ))}
      {sheets.length === 0 && <p className="empty">It holds no values.</p>}
    </div>
  );
}
