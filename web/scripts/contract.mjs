// Writes src/contract/types.ts from the .proto files of the contract: one interface a message (in proto3's
// JSON spelling), one table of fields to read JSON by, one table of methods. `--check` only compares.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';

const here = dirname(fileURLToPath(import.meta.url));
const protoRoot = join(here, '../../crates/api/proto');
export const target = join(here, '../src/contract/types.ts');

const LONG = new Set(['int64', 'uint64', 'sint64', 'fixed64', 'sfixed64']);
const NUMBER = new Set(['double', 'float', 'int32', 'uint32', 'sint32', 'fixed32', 'sfixed32']);

function load() {
  const root = new protobuf.Root();
  const folder = join(protoRoot, 'opentwin/v1');
  for (const name of readdirSync(folder).sort()) {
    if (name.endsWith('.proto')) {
      protobuf.parse(readFileSync(join(folder, name), 'utf8'), root, { keepCase: false, alternateCommentMode: true });
    }
  }
  root.resolveAll();
  return root.lookup('opentwin.v1').nestedArray;
}

function doc(comment, indent) {
  if (!comment) return '';
  const lines = comment.split('\n');
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}`.trimEnd()).join('\n')}\n${indent} */\n`;
}

/** The kind of a field as the reading table names it. */
function kind(field) {
  if (field.resolvedType) {
    return field.resolvedType instanceof protobuf.Enum ? `enum:${field.resolvedType.name}` : field.resolvedType.name;
  }
  if (LONG.has(field.type)) return 'long';
  if (NUMBER.has(field.type)) return 'number';
  return field.type === 'bool' ? 'boolean' : field.type;
}

function typescript(field) {
  const name = kind(field);
  let type = name;
  if (name.startsWith('enum:')) type = name.slice(5);
  else if (name === 'long') type = 'number';
  else if (name === 'bytes') type = 'string';
  if (field.map) return `{ [name: string]: ${type} }`;
  return field.repeated ? `${type}[]` : type;
}

/** True where absence means something: messages, oneofs and `optional` fields. */
function mayBeAbsent(field) {
  const isMessage = field.resolvedType instanceof protobuf.Type;
  return !field.repeated && !field.map && (isMessage || Boolean(field.partOf));
}

function message(type) {
  const rows = type.fieldsArray.map(
    (field) => `${doc(field.comment, '  ')}  ${field.name}${mayBeAbsent(field) ? '?' : ''}: ${typescript(field)};\n`,
  );
  return `${doc(type.comment, '')}export interface ${type.name} {\n${rows.join('')}}\n`;
}

function readingRow(field) {
  const shape = field.map ? 'map' : field.repeated ? 'list' : mayBeAbsent(field) ? 'optional' : 'one';
  return `['${field.name}', '${kind(field)}', '${shape}']`;
}

export function generate() {
  const items = load();
  const messages = items.filter((item) => item instanceof protobuf.Type);
  const enums = items.filter((item) => item instanceof protobuf.Enum);
  const services = items.filter((item) => item instanceof protobuf.Service);
  let text = '// Written by scripts/contract.mjs from the .proto files. Do not change by hand.\n\n';
  for (const item of enums) {
    const names = Object.keys(item.values).map((name) => `'${name}'`);
    text += `${doc(item.comment, '')}export type ${item.name} = ${names.join(' | ')};\n\n`;
  }
  for (const item of messages) text += `${message(item)}\n`;
  text += 'export interface Messages {\n';
  text += messages.map((item) => `  ${item.name}: ${item.name};\n`).join('');
  text += '}\n\n/** Name, kind and shape of every field, by message. */\n';
  text += 'export const FIELDS: { [M in keyof Messages]: readonly (readonly [string, string, string])[] } = {\n';
  for (const item of messages) text += `  ${item.name}: [${item.fieldsArray.map(readingRow).join(', ')}],\n`;
  text += '};\n\nexport const ENUMS: { [name: string]: readonly string[] } = {\n';
  for (const item of enums) {
    text += `  ${item.name}: [${Object.keys(item.values)
      .map((name) => `'${name}'`)
      .join(', ')}],\n`;
  }
  text += '};\n\n/** What every method takes and gives. */\nexport interface Methods {\n';
  const methods = services.flatMap((service) => service.methodsArray.map((method) => ({ service, method })));
  for (const { service, method } of methods) {
    const streams = `takesStream: ${Boolean(method.requestStream)}; givesStream: ${Boolean(method.responseStream)}`;
    text += doc(method.comment, '  ');
    text += `  '${service.name}/${method.name}': { request: ${method.requestType}; reply: ${method.responseType}; ${streams} };\n`;
  }
  text += '}\n\n/** The message that each method answers with. */\n';
  text += 'export const REPLIES: { [M in keyof Methods]: keyof Messages } = {\n';
  for (const { service, method } of methods) text += `  '${service.name}/${method.name}': '${method.responseType}',\n`;
  return `${text}};\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = generate();
  if (process.argv.includes('--check')) {
    if (readFileSync(target, 'utf8') !== text) {
      console.error('src/contract/types.ts is not current: run `npm run contract`');
      process.exit(1);
    }
  } else writeFileSync(target, text);
}
