// The inputs of single values. Text is handed on when the user leaves the field or presses Enter; Escape takes
// it back.
import { type KeyboardEvent, useContext, useEffect, useId, useRef, useState } from 'react';
import { writtenDefault } from '../../model/defaults';
import { type Field, humanize, type Json } from '../../model/schema';
import { fault, isQuantity, parseText, plainNumber, textOf, told } from '../../model/value';
import { choose } from '../files';
import { Icon } from '../icon';
import { FormSurroundings } from './context';
import { useValue } from './use-value';

export interface InputProps {
  field: Field;
  /** Label for assistive technology, where the visible one stands elsewhere. */
  name: string;
  value: Json | undefined;
  mixed?: boolean;
  placeholder?: string;
  /** What an expression comes to is shown elsewhere. */
  plain?: boolean;
  change: (value: Json | undefined) => void;
}

/** What stands in an empty field: an example, or what holds while it is empty. */
const hintOf = ({ field, placeholder }: Pick<InputProps, 'field' | 'placeholder'>) =>
  placeholder ?? textOf(writtenDefault(field));

/** What an expression that is being typed comes to. */
function Preview({ text, dimension }: { text: string; dimension: string }) {
  const { value, fault: why } = useValue(text, dimension);
  if (!value && !why) return null;
  return <span className={`typed ${why ? 'bad' : ''}`}>{why || `= ${value}`}</span>;
}

function TextInput({ field, name, value, mixed, placeholder, change, list }: InputProps & { list?: string[] }) {
  const { readOnly } = useContext(FormSurroundings);
  // What was computed is read, not typed: the digits beyond the seventh are in the tooltip.
  const read = readOnly && typeof value !== 'string' ? told(value, field.unit) : textOf(value);
  const shown = mixed ? '' : read;
  const [text, setText] = useState(shown);
  const id = useId();
  useEffect(() => setText(shown), [shown]);
  const wrong = text === shown && mixed ? undefined : fault(field, parseText(field, text));
  const done = () => {
    if (text === shown || wrong) return;
    change(parseText(field, text));
  };
  const keys = (event: KeyboardEvent) => {
    if (event.key === 'Enter') done();
    else if (event.key === 'Escape' && text !== shown) {
      setText(shown);
      event.stopPropagation();
    }
  };
  return (
    <span className="typing">
      <input
        // A dialog is not sent with a field that says what is wrong.
        ref={(element) => element?.setCustomValidity((text !== shown && wrong) || '')}
        className={`input ${wrong && text !== shown ? 'wrong' : ''} ${field.kind === 'quantity' ? 'mono' : ''}`}
        aria-label={name}
        aria-invalid={wrong !== undefined && text !== shown}
        title={wrong && text !== shown ? wrong : readOnly ? `${textOf(value)} ${field.unit ?? ''}`.trim() : undefined}
        placeholder={mixed ? 'several values' : hintOf({ field, placeholder })}
        value={text}
        disabled={readOnly}
        spellCheck={false}
        list={list ? id : undefined}
        onChange={(event) => setText(event.currentTarget.value)}
        onBlur={done}
        onKeyDown={keys}
      />
      {list && (
        <datalist id={id}>
          {list.map((option) => (
            <option key={option} value={option} />
          ))}
        </datalist>
      )}
      {wrong && text !== shown && <span className="typed bad">{wrong}</span>}
      {!wrong && text !== shown && field.kind === 'quantity' && plainNumber(text) === undefined && (
        <Preview text={text.trim()} dimension={field.dimension ?? ''} />
      )}
    </span>
  );
}

function Quantity(props: InputProps) {
  const { unitOf } = useContext(FormSurroundings);
  const { field, value } = props;
  const unit = field.dimension ? unitOf(field.dimension) : '';
  const bare = typeof value === 'number' || (typeof value === 'string' && plainNumber(value) !== undefined);
  // A default says its unit itself.
  const hint = props.mixed ? '' : hintOf(props);
  const inUnit = value === undefined ? hint === '' || plainNumber(hint) !== undefined : bare;
  const what =
    field.dimension && !['any', 'none', 'ratio'].includes(field.dimension) ? humanize(field.dimension) : 'Number';
  const calculated = !bare && !props.mixed && typeof value === 'string' && !isQuantity(value);
  const comes = useValue(calculated ? value : '', field.dimension ?? '');
  return (
    <span
      className="quantity"
      title={`${comes.value ? `= ${comes.value}. ` : ''}${what} or expression${unit ? `; bare numbers are in ${unit}` : ''}`}
    >
      <TextInput {...props} />
      {unit && inUnit && <span className="unit">{unit}</span>}
      {comes.value && !props.plain && <span className="comes mono">= {comes.value}</span>}
      {comes.fault && (
        <span className="comes bad" title={comes.fault}>
          !
        </span>
      )}
    </span>
  );
}

function Choice({ field, name, value, mixed, change }: InputProps) {
  const { readOnly } = useContext(FormSurroundings);
  const options = field.options ?? [];
  const at = options.findIndex((option) => option.value === value);
  const standard = options.find((option) => option.value === field.standard);
  return (
    <select
      className="input"
      aria-label={name}
      disabled={readOnly}
      value={mixed || at < 0 ? '' : String(at)}
      onChange={(event) => {
        const { value: chosen } = event.currentTarget;
        change(chosen === '' ? undefined : options[Number(chosen)]?.value);
      }}
    >
      {(at < 0 || mixed || !field.required) && (
        <option value="">{mixed ? 'several values' : standard ? `${standard.label} (default)` : '–'}</option>
      )}
      {options.map((option, index) => (
        <option key={option.label} value={index}>
          {option.label}
        </option>
      ))}
    </select>
  );
}

function YesNo({ field, name, value, mixed, change }: InputProps) {
  const { readOnly } = useContext(FormSurroundings);
  return (
    <input
      type="checkbox"
      aria-label={name}
      disabled={readOnly}
      checked={(value ?? field.standard) === true}
      ref={(box) => {
        if (box) box.indeterminate = mixed === true;
      }}
      onChange={(event) => change(event.currentTarget.checked)}
    />
  );
}

function Colour({ field, name, value, mixed, change }: InputProps) {
  const { readOnly } = useContext(FormSurroundings);
  const text = textOf(mixed ? undefined : value);
  return (
    <span className="quantity">
      <input
        type="color"
        aria-label={`${name}, chooser`}
        disabled={readOnly}
        value={/^#[0-9a-f]{6}$/i.test(text) ? text : '#b0b7bf'}
        onChange={(event) => change(event.currentTarget.value)}
      />
      <TextInput field={field} name={name} value={value} mixed={mixed} change={change} placeholder="by the client" />
    </span>
  );
}

function FileInput(props: InputProps) {
  const { field, name, value } = props;
  const { upload, attach, readOnly } = useContext(FormSurroundings);
  // Until a file is stored, much else can be typed.
  const latest = useRef({ ...props, attach });
  latest.current = { ...props, attach };
  const [progress, setProgress] = useState<number>();
  const [wrong, setWrong] = useState('');
  const take = (file: File) => {
    setProgress(0);
    setWrong('');
    upload(file, setProgress)
      .then((hash) => {
        latest.current.attach(field.name, hash);
        latest.current.change(file.name);
      })
      .catch((error) => setWrong(error instanceof Error ? error.message : String(error)))
      .finally(() => setProgress(undefined));
  };
  return (
    <span className="quantity">
      <input
        className="input"
        aria-label={name}
        readOnly
        value={progress === undefined ? textOf(value) : `${Math.round(progress * 100)} %`}
      />
      <button
        type="button"
        className="bare"
        disabled={readOnly}
        aria-label={`Choose a file for ${name}`}
        onClick={() => choose('', take)}
      >
        <Icon name="import" />
      </button>
      {wrong && <span className="field-fault">{wrong}</span>}
    </span>
  );
}

function JsonInput({ field, name, value, mixed, change }: InputProps) {
  const { readOnly } = useContext(FormSurroundings);
  const shown = mixed || value === undefined ? '' : JSON.stringify(value, null, 1);
  const [text, setText] = useState(shown);
  const [wrong, setWrong] = useState(false);
  useEffect(() => setText(shown), [shown]);
  if (readOnly)
    return (
      <div className="summary" title={shown}>
        {mixed ? 'several values' : told(value, field.unit)}
      </div>
    );
  const done = () => {
    if (text === shown) return;
    try {
      change(text.trim() === '' ? undefined : (JSON.parse(text) as Json));
      setWrong(false);
    } catch {
      setWrong(true);
    }
  };
  return (
    <>
      <textarea
        className={`input ${wrong ? 'wrong' : ''}`}
        aria-label={name}
        placeholder={mixed ? 'several values' : hintOf({ field })}
        disabled={readOnly}
        value={text}
        spellCheck={false}
        onChange={(event) => setText(event.currentTarget.value)}
        onBlur={done}
      />
      {wrong && <span className="field-fault">this is not JSON</span>}
    </>
  );
}

/** The input for one value that is not made of others. */
export function Input(props: InputProps) {
  const { namesIn } = useContext(FormSurroundings);
  switch (props.field.kind) {
    case 'quantity':
      return <Quantity {...props} />;
    case 'choice':
      return <Choice {...props} />;
    case 'boolean':
      return <YesNo {...props} />;
    case 'color':
      return <Colour {...props} />;
    case 'reference':
      return <TextInput {...props} list={namesIn(props.field.section ?? '')} />;
    case 'file':
      return <FileInput {...props} />;
    case 'json':
      return <JsonInput {...props} />;
    default:
      return <TextInput {...props} />;
  }
}
