// Turns the JSON Schema of a kind's properties (or of an action's arguments) into a form. Only the words that
// the services use are read; what is not understood becomes a field of raw JSON, so nothing is ever hidden.

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export type FieldKind =
  | 'quantity'
  | 'number'
  | 'integer'
  | 'text'
  | 'boolean'
  | 'choice'
  | 'reference'
  | 'file'
  | 'color'
  | 'group'
  | 'list'
  | 'variants'
  | 'json';

export interface Field {
  name: string;
  label: string;
  description: string;
  kind: FieldKind;
  required: boolean;
  /** True where `null` is a value of it. */
  nullable: boolean;
  standard?: Json;
  /** Of a quantity: `length`, `frequency`… */
  dimension?: string;
  /** Of what was computed: the unit of its numbers. */
  unit?: string;
  /** Where mesh lines are laid through it: `point`, `x`, `y`, `z`; so it is a place that can be drawn. */
  meshLine?: string;
  /** What of the 3-D view can fill it: `point`, `x`, `y`, `z`, `edge`, `face`, `body`. */
  pick?: string;
  /** Of a text: it is the path of a result. */
  result?: boolean;
  /** Of a reference: the section of the entities meant. */
  section?: string;
  /** Of a choice. */
  options?: { value: Json; label: string }[];
  /** Of a group. */
  fields?: Field[];
  /** Of a list: what each item is, and how many there must be. */
  item?: Field;
  /** Of a list with a meaning for each place, such as a point. */
  places?: Field[];
  minItems?: number;
  maxItems?: number;
  minimum?: number;
  maximum?: number;
  above?: number;
  below?: number;
  /** Of variants: the forms that the value may have. */
  variants?: Field[];
  /** Of an object with any names: what stands under each. */
  values?: Field;
}

type Schema = { [key: string]: unknown };

function asSchema(value: unknown): Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Schema) : {};
}

/** `epsilon_r` → `epsilon r`, `maxEdge` → `max edge`. */
export function humanize(name: string): string {
  // A name of something else, such as a kind, stays what it is.
  if (name.includes('.')) return name;
  const words = name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/[_-]+/g, ' ')
    .trim()
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function resolve(schema: Schema, root: Schema, depth = 0): Schema {
  const ref = schema.$ref;
  if (typeof ref !== 'string' || depth > 8 || !ref.startsWith('#')) return schema;
  let at: unknown = root;
  for (const part of ref.split('/').slice(1)) at = asSchema(at)[decodeURIComponent(part)];
  const { $ref: _, ...rest } = schema;
  return { ...resolve(asSchema(at), root, depth + 1), ...rest };
}

function typesOf(schema: Schema): string[] {
  if (typeof schema.type === 'string') return [schema.type];
  return Array.isArray(schema.type) ? schema.type.map(String) : [];
}

function choices(schema: Schema): Field['options'] {
  if (Array.isArray(schema.enum)) {
    return schema.enum
      .filter((value) => value !== null)
      .map((value) => ({ value: value as Json, label: String(value) }));
  }
  const alternatives = (schema.oneOf ?? schema.anyOf) as unknown;
  if (!Array.isArray(alternatives)) return undefined;
  const options: { value: Json; label: string }[] = [];
  for (const item of alternatives.map(asSchema)) {
    if (Array.isArray(item.enum))
      options.push(...item.enum.map((value) => ({ value: value as Json, label: String(value) })));
    else if ('const' in item) options.push({ value: item.const as Json, label: String(item.title ?? item.const) });
    else if (item.type !== 'null') return undefined;
  }
  return options.length > 0 ? options : undefined;
}

const number = (value: unknown) => (typeof value === 'number' ? value : undefined);

function base(name: string, schema: Schema, required: boolean): Field {
  return {
    name,
    label: typeof schema.title === 'string' ? schema.title : humanize(name),
    description: typeof schema.description === 'string' ? schema.description : '',
    kind: 'json',
    required,
    nullable: typesOf(schema).includes('null'),
    standard: schema.default as Json | undefined,
    minimum: number(schema.minimum),
    maximum: number(schema.maximum),
    above: number(schema.exclusiveMinimum),
    below: number(schema.exclusiveMaximum),
    ...(typeof schema['x-mesh-line'] === 'string' ? { meshLine: schema['x-mesh-line'] } : {}),
    ...(schema['x-result'] === true ? { result: true } : {}),
    ...(typeof schema['x-pick'] === 'string' ? { pick: schema['x-pick'] } : {}),
  };
}

/** The one branch of an alternative between something and nothing, if that is what it is. */
function butNull(schema: Schema, root: Schema): Schema | undefined {
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (!Array.isArray(alternatives)) return undefined;
  const rest = alternatives.map(asSchema).filter((item) => item.type !== 'null');
  if (rest.length !== 1 || rest.length === alternatives.length) return undefined;
  const { anyOf: _a, oneOf: _o, ...own } = schema;
  return { ...resolve(rest[0] as Schema, root), ...own };
}

function list(field: Field, schema: Schema, root: Schema, depth: number): Field {
  field.kind = 'list';
  field.minItems = number(schema.minItems);
  field.maxItems = number(schema.maxItems);
  if (Array.isArray(schema.prefixItems)) {
    const names = schema.prefixItems.length <= 3 ? ['x', 'y', 'z'] : [];
    field.places = schema.prefixItems.map((item, index) =>
      fieldOf(names[index] ?? String(index + 1), asSchema(item), root, true, depth + 1),
    );
    return field;
  }
  const item = resolve(asSchema(schema.items), root);
  // The dimension may stand at the list, since it holds for all of its numbers.
  if (schema['x-dimension'] && !item['x-dimension']) item['x-dimension'] = schema['x-dimension'];
  if (schema['x-reference'] && !item['x-reference']) item['x-reference'] = schema['x-reference'];
  const count = field.minItems;
  if (count !== undefined && count === field.maxItems && count <= 6) {
    const names = count <= 3 ? ['x', 'y', 'z'] : [];
    field.places = Array.from({ length: count }, (_, index) =>
      fieldOf(names[index] ?? String(index + 1), item, root, true, depth + 1),
    );
    return field;
  }
  field.item = fieldOf('', item, root, true, depth + 1);
  return field;
}

function special(field: Field, schema: Schema): Field | undefined {
  const types = typesOf(schema);
  if (typeof schema['x-dimension'] === 'string' && !types.includes('array')) {
    return { ...field, kind: 'quantity', dimension: schema['x-dimension'] };
  }
  if (schema['x-reference'] && !types.includes('array')) {
    return { ...field, kind: 'reference', section: String(schema['x-reference']) };
  }
  if (schema['x-file']) return { ...field, kind: 'file' };
  if ('const' in schema) {
    const value = schema.const as Json;
    return { ...field, kind: 'choice', options: [{ value, label: String(schema.title ?? value) }], standard: value };
  }
  const options = choices(schema);
  if (options) return { ...field, kind: 'choice', options };
  return undefined;
}

function plain(field: Field, types: string[], schema: Schema): Field | undefined {
  const real = types.filter((type) => type !== 'null');
  if (real.length === 2 && real.includes('string') && (real.includes('number') || real.includes('integer'))) {
    return { ...field, kind: 'quantity', dimension: 'none' };
  }
  if (real.length !== 1) return undefined;
  if (real[0] === 'boolean') return { ...field, kind: 'boolean' };
  if (real[0] === 'integer') return { ...field, kind: 'integer' };
  if (real[0] === 'number') return { ...field, kind: 'number' };
  if (real[0] === 'string') {
    return { ...field, kind: schema.format === 'color' || field.name === 'color' ? 'color' : 'text' };
  }
  return undefined;
}

/** What people call one of several forms: its title, its tag, its one property, or its type. */
function variantName(schema: Schema, index: number): string {
  if (typeof schema.title === 'string') return schema.title;
  const properties = Object.values(asSchema(schema.properties)).map(asSchema);
  const tag = properties.find((property) => 'const' in property);
  if (tag) return String(tag.const);
  if (Array.isArray(schema.required) && schema.required.length === 1) return String(schema.required[0]);
  if (typeof schema['x-dimension'] === 'string') return schema['x-dimension'];
  return typesOf(schema)[0] ?? `form ${index + 1}`;
}

function fieldOf(name: string, raw: Schema, root: Schema, required: boolean, depth: number): Field {
  let schema = resolve(raw, root);
  const inner = butNull(schema, root);
  if (inner) schema = { ...inner, type: inner.type ? [...typesOf(inner), 'null'] : inner.type };
  const field = base(name, schema, required);
  if (inner) field.nullable = true;
  if (depth > 6) return field;
  const found = special(field, schema);
  if (found) return found;
  const types = typesOf(schema);
  if (types.includes('array')) return list(field, schema, root, depth);
  if (schema.properties || (types.includes('object') && !schema.additionalProperties)) {
    return { ...field, kind: 'group', fields: fieldsOf(schema, root, depth + 1) };
  }
  const others = asSchema(schema.additionalProperties);
  if (Object.keys(others).length > 0) return { ...field, values: fieldOf('', others, root, true, depth + 1) };
  const simple = plain(field, types, schema);
  if (simple) return simple;
  const alternatives = schema.oneOf ?? schema.anyOf;
  if (Array.isArray(alternatives)) {
    const variants = alternatives.map((item, index) => {
      const variant = resolve(asSchema(item), root);
      return fieldOf(variantName(variant, index), variant, root, true, depth + 1);
    });
    return { ...field, kind: 'variants', variants };
  }
  return field;
}

function fieldsOf(schema: Schema, root: Schema, depth: number): Field[] {
  const required = Array.isArray(schema.required) ? schema.required : [];
  return Object.entries(asSchema(schema.properties)).map(([name, value]) =>
    fieldOf(name, asSchema(value), root, required.includes(name), depth),
  );
}

/** The fields that a JSON Schema text describes; none if it is not a schema of an object. */
export function formOf(text: string): Field[] {
  try {
    const root = asSchema(JSON.parse(text));
    return fieldsOf(resolve(root, root), root, 0);
  } catch {
    return [];
  }
}
