// Properties of what is selected; several entities of one kind are changed at once.
import { useMemo, useRef } from 'react';
import type { Entity } from '../../contract';
import { formOf } from '../../model/schema';
import { isResult, lastName } from '../../model/tree';
import { unitsOf } from '../../model/units';
import { faults, isHash, propertiesOf } from '../../model/value';
import { FormSurroundings } from '../../parts/form/context';
import { Form, fieldsOfResult, fieldsOfValues } from '../../parts/form/form';
import { Icon } from '../../parts/icon';
import { useStore } from '../../parts/use-store';
import { download, failed, openEntity } from '../../shell/workspace/commands';
import { type Desk, kindOf, useDesk, viewsFor } from '../../shell/workspace/context';
import { surroundings } from '../../shell/workspace/surroundings';
import { PART_LISTS, Parts } from '../scene/parts';
import { type Change, commitChange } from './change';

function Results({ desk, entity }: { desk: Desk; entity: Entity }) {
  const views = viewsFor(desk.session.services.get(), entity);
  const blobs = Object.keys(entity.blobs).sort();
  if (views.length + blobs.length === 0) return null;
  return (
    <div className="result-buttons">
      {views.map((view) => (
        <button
          key={`${view.view} ${view.label}`}
          type="button"
          className="bare outlined"
          onClick={() => openEntity(desk, entity, view.view)}
        >
          <Icon name={view.view === 'series' ? 'plot' : view.view === 'scene' ? 'cuboid' : view.view} size={14} />
          {view.label || view.view}
        </button>
      ))}
      {blobs.map((name) => (
        <button
          key={name}
          type="button"
          className="bare outlined"
          onClick={() => void download(desk, entity, name).catch(failed('Not saved'))}
        >
          <Icon name="export" size={14} />
          {name}
        </button>
      ))}
    </div>
  );
}

export function PropertiesView() {
  const desk = useDesk();
  const { session } = desk;
  const entities = useStore(session.entities);
  const selection = useStore(session.selection);
  const services = useStore(session.services);
  const { live, branch } = useStore(session.shown);
  useStore(session.info);
  const selected = selection.flatMap((path) => entities.get(path) ?? []);
  const lead = selected[selected.length - 1];
  const kind = lead && kindOf(services, lead.kind);
  const chosen = selected.filter((entity) => entity.kind === lead?.kind);
  const result = isResult(kind);
  const readOnly = result || !live || !session.mayEdit;
  const schema = kind?.schema ?? '';
  const declared = useMemo(() => formOf(schema), [schema]);
  const attached = useRef<Change['blobs']>({});
  if (!lead) {
    return (
      <p className="empty">
        {selection.length > 0
          ? `${selection.join(', ')} holds no properties of its own.`
          : 'Select something in the tree or in the 3-D view.'}
      </p>
    );
  }
  const values = chosen.map((entity) => {
    const { inputs, ...told } = propertiesOf(entity);
    // The hash of a result's inputs tells people nothing; whether it is stale stands in the tree.
    return result && isHash(inputs) ? told : propertiesOf(entity);
  });
  const shown = values[values.length - 1] ?? {};
  const all = result
    ? fieldsOfResult(shown, unitsOf(schema, shown))
    : [...declared, ...fieldsOfValues(shown, declared)];
  const fields = all.filter(({ name }) => !lead.blobs.mesh || !PART_LISTS.includes(name));
  const wrong = readOnly ? {} : faults(declared, values[values.length - 1] ?? {});
  return (
    <div className="properties">
      <header className="properties-head">
        <Icon name={kind?.icon || lead.kind} />
        <strong>{chosen.length > 1 ? `${chosen.length} × ${kind?.title ?? lead.kind}` : lastName(lead.path)}</strong>
        <span className="muted">
          {chosen.length > 1 ? chosen.map((entity) => lastName(entity.path)).join(', ') : (kind?.title ?? lead.kind)}
        </span>
      </header>
      {chosen.length < selected.length && <p className="hint">Only the {chosen.length} of the same kind are shown.</p>}
      {chosen.length === 1 && <Results desk={desk} entity={lead} />}
      <FormSurroundings.Provider
        value={surroundings(session, readOnly, (property, hash) => {
          attached.current = { ...attached.current, [property]: hash };
        })}
      >
        <Form
          key={[branch, ...chosen.map((entity) => entity.path)].join()}
          fields={fields}
          values={values}
          change={(name, value) => {
            commitChange(session, branch, chosen, { name, value, blobs: attached.current });
            attached.current = {};
          }}
        />
      </FormSurroundings.Provider>
      {chosen.length === 1 && <Parts entity={lead} />}
      {fields.length === 0 && <p className="empty">No properties.</p>}
      {Object.keys(wrong).length > 0 && (
        <p className="hint bad">
          {Object.entries(wrong)
            .map(([name, text]) => `${declared.find((field) => field.name === name)?.label ?? name} ${text}`)
            .join('; ')}
        </p>
      )}
      {kind?.description && <p className="hint">{kind.description}</p>}
    </div>
  );
}
