// Forms for new entities and for the arguments of actions.
import { Select, TextInput } from '@mantine/core';
import { useEffect, useMemo, useState } from 'react';
import type { ActionDescription, KindDescription } from '../../contract';
import { startValues } from '../../model/defaults';
import { entity } from '../../model/project/pending';
import { formOf, type Json, type JsonObject } from '../../model/schema';
import { freeName, nameFault } from '../../model/tree';
import { faults, withValue } from '../../model/value';
import { DialogForm } from '../../parts/dialog';
import { FormSurroundings } from '../../parts/form/context';
import { Form } from '../../parts/form/form';
import type { Desk } from './context';
import { useDraft } from './draft';
import { surroundings } from './surroundings';

/** The example of a kind, to be shown as a hint in empty fields. */
function useExample(kind: KindDescription): JsonObject {
  const [example, setExample] = useState<JsonObject>({});
  useEffect(() => {
    if (!kind.example) return;
    let live = true;
    import('yaml')
      .then(({ parse }) => {
        const value = parse(kind.example) as Json;
        if (live && typeof value === 'object' && value !== null && !Array.isArray(value)) setExample(value);
      })
      .catch(() => undefined);
    return () => {
      live = false;
    };
  }, [kind.example]);
  return example;
}

export function EntityDialog({ desk, kind, close }: { desk: Desk; kind: KindDescription; close: () => void }) {
  const { session } = desk;
  const single = kind.arrangement === 'ARRANGEMENT_SINGLE';
  const taken = useMemo(() => new Set(session.entities.get().keys()), [session]);
  const fields = useMemo(() => formOf(kind.schema), [kind]);
  const example = useExample(kind);
  const [name, setName] = useDraft(desk, `${kind.kind} name`, () =>
    freeName(taken, kind.section, (kind.key || 'new').replace(/[^\w]+/g, '_')),
  );
  const [values, setValues] = useDraft<JsonObject>(desk, `${kind.kind} values`, () => startValues(fields));
  const [blobs, setBlobs] = useDraft<{ [name: string]: string }>(desk, `${kind.kind} blobs`, () => ({}));
  const attach = (property: string, hash: string) => setBlobs((now) => ({ ...now, [property]: hash }));
  const wrong = faults(fields, values);
  const wrongName = single ? undefined : nameFault(name, kind.section, taken);
  const missing = Object.entries(wrong).map(
    ([field, text]) => `${fields.find((one) => one.name === field)?.label ?? field} ${text}`,
  );
  const make = () => {
    const path = single ? kind.section : `${kind.section}/${name}`;
    const put = [entity(path, kind.kind, values, undefined, blobs)];
    if (!session.commit({ message: `Add ${path}`, put, delete: [] })) return false;
    session.selection.set([path]);
    return true;
  };
  return (
    <DialogForm label="Create" close={close} run={make} disabled={Boolean(wrongName) || missing.length > 0}>
      {kind.description && <p className="muted">{kind.description}</p>}
      {!single && (
        <TextInput
          label="Name"
          data-autofocus
          value={name}
          error={wrongName}
          onChange={(event) => setName(event.currentTarget.value)}
        />
      )}
      <FormSurroundings.Provider value={surroundings(session, false, attach)}>
        <div className="dialog-fields">
          <Form
            fields={fields}
            values={[values]}
            examples={example}
            change={(field, value) => setValues((now) => withValue(now, field, value))}
          />
        </div>
      </FormSurroundings.Provider>
      {missing.length > 0 && <p className="muted">{missing.slice(0, 3).join('; ')}</p>}
    </DialogForm>
  );
}

export function ActionDialog(props: {
  desk: Desk;
  action: ActionDescription;
  targets: string[];
  target: string;
  close: () => void;
}) {
  const { desk, action, close } = props;
  const fields = useMemo(() => formOf(action.arguments), [action]);
  const [target, setTarget] = useState(props.target);
  const [values, setValues] = useDraft<JsonObject>(desk, `${action.name} arguments`, () => startValues(fields));
  const wrong = faults(fields, values);
  const start = async () => {
    await desk.session.act(action.name, target, values);
    desk.openPane('runs');
  };
  const disabled = Object.keys(wrong).length > 0 || (action.targets.length > 0 && !target);
  return (
    <DialogForm label={action.label} close={close} run={start} disabled={disabled}>
      {action.description && <p className="muted">{action.description}</p>}
      {action.targets.length > 0 && (
        <Select label="Of" data={props.targets} value={target || null} onChange={(path) => setTarget(path ?? '')} />
      )}
      <FormSurroundings.Provider value={surroundings(desk.session, false)}>
        <Form
          fields={fields}
          values={[values]}
          change={(field, value) => setValues((now) => withValue(now, field, value))}
        />
      </FormSurroundings.Provider>
    </DialogForm>
  );
}
