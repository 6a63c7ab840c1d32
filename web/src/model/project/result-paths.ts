// Where results stand follows from the names of what they are computed for, such as
// `results/{fit-td.solver}/fields/{fit-td.monitor}`.
import type { ServiceDescription } from '../../contract';
import { isResult } from '../tree';

/** Where the services say that their results stand. */
export function resultPaths(services: readonly ServiceDescription[]): string[] {
  const results = services.flatMap((service) => service.kinds.filter(isResult));
  return results.flatMap((kind) => {
    const path = (JSON.parse(kind.schema || '{}') as { 'x-path'?: unknown })['x-path'];
    return typeof path === 'string' ? [path] : [];
  });
}

/** True where a part in braces stands for names of this kind; one that ends in `.` stands for all that begin so. */
function standsFor(part: string, kind: string): boolean {
  const name = /^\{(.+)\}$/.exec(part)?.[1];
  return name !== undefined && (name.endsWith('.') ? kind.startsWith(name) : kind === name);
}

/** The path of a result after an entity of a kind has another name; the same where the name is not in it. */
export function renameInResult(paths: readonly string[], kind: string, from: string, to: string, path: string): string {
  const names = path.split('/');
  for (const pattern of paths) {
    const parts = pattern.split('/');
    const fits =
      parts.length === names.length && parts.every((part, at) => /^\{.+\}$/.test(part) || part === names[at]);
    if (!fits) continue;
    const after = names.map((name, at) => (name === from && standsFor(parts[at] as string, kind) ? to : name));
    if (after.some((name, at) => name !== names[at])) return after.join('/');
  }
  return path;
}
