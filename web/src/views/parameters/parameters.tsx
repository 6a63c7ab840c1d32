// The list of parameters: names, expressions, descriptions, edited in place.
import { useContext, useEffect, useMemo, useState } from 'react';
import type { Entity } from '../../contract';
import { entity as entityOf } from '../../model/project/pending';
import { formOf } from '../../model/schema';
import { naturally } from '../../model/sort';
import { freeName, lastName, nameFault } from '../../model/tree';
import { expressionFault, plainNumber, propertiesOf, textOf, withValue } from '../../model/value';
import { FormSurroundings } from '../../parts/form/context';
import { Input } from '../../parts/form/inputs';
import { Icon } from '../../parts/icon';
import { openMenu } from '../../parts/menu';
import { useStore } from '../../parts/use-store';
import { entityMenu, remove } from '../../shell/workspace/commands';
import { type Desk, useDesk } from '../../shell/workspace/context';
import { surroundings } from '../../shell/workspace/surroundings';

const KIND = 'project.parameter';
const FIELDS = formOf(
  JSON.stringify({
    type: 'object',
    properties: { value: { type: ['number', 'string'], 'x-dimension': 'any' }, description: { type: 'string' } },
    required: ['value'],
  }),
);

/** Names of other parameters that an expression uses. */
export function usedIn(text: string, names: ReadonlySet<string>): string[] {
  return [...new Set(text.match(/[\p{L}_][\p{L}\p{N}_]*/gu) ?? [])].filter((word) => names.has(word));
}

function Row({
  desk,
  parameter,
  names,
  users,
}: {
  desk: Desk;
  parameter: Entity;
  names: ReadonlySet<string>;
  users: number;
}) {
  const { session } = desk;
  const selection = useStore(session.selection);
  const { readOnly } = useContext(FormSurroundings);
  const values = propertiesOf(parameter);
  const name = lastName(parameter.path);
  const [valueField, textField] = FIELDS;
  const comes = useStore(session.values.parameters).get(name) ?? { value: '', fault: '' };
  const change = (field: string) => (value: Parameters<typeof withValue>[2]) =>
    session.commit({
      message: `Set ${name} to ${textOf(value) || 'nothing'}`,
      put: [entityOf(parameter.path, KIND, withValue(values, field, value), parameter)],
      delete: [],
    });
  const uses = usedIn(textOf(values.value), names).filter((other) => other !== name);
  if (!valueField || !textField) return null;
  return (
    <tr
      aria-selected={selection.includes(parameter.path)}
      onFocus={() => session.selection.set([parameter.path])}
      onContextMenu={(event) => {
        event.preventDefault();
        openMenu(event.clientX, event.clientY, entityMenu(desk, parameter.path));
      }}
    >
      <td className="mono">
        <button type="button" className="bare" onClick={() => session.selection.set([parameter.path])}>
          {name}
        </button>
      </td>
      <td className="parameter-value">
        <Input field={valueField} name={`Value of ${name}`} value={values.value} plain change={change('value')} />
      </td>
      <td>
        <Input
          field={textField}
          name={`Description of ${name}`}
          value={values.description}
          change={change('description')}
        />
      </td>
      <td className="mono" title={uses.length > 0 ? `from ${uses.join(', ')}` : undefined}>
        {comes.fault ? <span className="field-fault">{comes.fault}</span> : comes.value}
      </td>
      <td className="numeric muted" title="Entities that mention it">
        {users}
      </td>
      <td>
        <button
          type="button"
          className="bare"
          disabled={readOnly}
          aria-label={`Delete ${name}`}
          onClick={() => remove(desk, [parameter.path])}
        >
          <Icon name="trash" size={13} />
        </button>
      </td>
    </tr>
  );
}

function NewRow({ desk, taken }: { desk: Desk; taken: ReadonlySet<string> }) {
  const [name, setName] = useState('');
  const [value, setValue] = useState('');
  const wrongName = name && nameFault(name, 'parameters', taken);
  const wrong = value && expressionFault(value);
  const add = () => {
    if (!value.trim() || wrong || wrongName) return;
    const free = name.trim() || freeName(taken, 'parameters', 'p1');
    desk.session.commit({
      message: `Add parameter ${free}`,
      put: [entityOf(`parameters/${free}`, KIND, { value: plainNumber(value) ?? value.trim() })],
      delete: [],
    });
    setName('');
    setValue('');
  };
  return (
    <tr>
      <td>
        <input
          className={`input mono ${wrongName ? 'wrong' : ''}`}
          aria-label="Name of a new parameter"
          placeholder="new name"
          title={wrongName || undefined}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
      </td>
      <td>
        <input
          className={`input mono ${wrong ? 'wrong' : ''}`}
          aria-label="Value of a new parameter"
          placeholder="22.86 mm, or 2*a"
          title={wrong || undefined}
          value={value}
          onChange={(event) => setValue(event.currentTarget.value)}
          onKeyDown={(event) => event.key === 'Enter' && add()}
        />
      </td>
      <td colSpan={4}>
        <button type="button" className="bare" disabled={!value.trim()} onClick={add}>
          <Icon name="plus" size={13} /> Add
        </button>
      </td>
    </tr>
  );
}

export function ParametersView() {
  const desk = useDesk();
  const { session } = desk;
  const entities = useStore(session.entities);
  const { live } = useStore(session.shown);
  useStore(session.info);
  useEffect(() => session.values.wantParameters(), [session]);
  const readOnly = !live || !session.mayEdit;
  const parameters = useMemo(
    () => [...entities.values()].filter((one) => one.kind === KIND).sort((a, b) => naturally(a.path, b.path)),
    [entities],
  );
  const names = useMemo(() => new Set(parameters.map((one) => lastName(one.path))), [parameters]);
  const users = useMemo(() => {
    const counts = new Map<string, number>();
    for (const entity of entities.values()) {
      for (const word of usedIn(entity.properties.replace(/"[^"]*":/g, ' '), names)) {
        if (lastName(entity.path) !== word || entity.kind !== KIND) counts.set(word, (counts.get(word) ?? 0) + 1);
      }
    }
    return counts;
  }, [entities, names]);
  return (
    <FormSurroundings.Provider value={surroundings(session, readOnly)}>
      <div className="scroll">
        <table className="grid parameters">
          <thead>
            <tr>
              <th>Name</th>
              <th>Value or expression</th>
              <th>Description</th>
              <th>Comes to</th>
              <th>Used</th>
              <th>
                <span className="hidden-label">Delete</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {parameters.map((parameter) => (
              <Row
                key={parameter.path}
                desk={desk}
                parameter={parameter}
                names={names}
                users={users.get(lastName(parameter.path)) ?? 0}
              />
            ))}
            {!readOnly && <NewRow desk={desk} taken={new Set(entities.keys())} />}
          </tbody>
        </table>
      </div>
    </FormSurroundings.Provider>
  );
}
