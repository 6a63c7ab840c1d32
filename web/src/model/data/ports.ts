// Ports of S-parameters: of which ones a curve tells, and what its waves refer to.
import type { JsonObject } from '../schema';
import { naturally } from '../sort';

export interface Port {
  name: string;
  /** Ω; `null` for the wave impedance of its own mode. */
  reference: number | null;
}

/** What waves refer to where nothing says so. */
export const USUAL_REFERENCE = 50;

/** A curve of a network, by its name. */
export interface Parameter {
  /** `S`, or another letter of a network in a Touchstone file. */
  letter: string;
  to: string;
  from: string;
}

const FORM = /^([SYZHG])(?:(\d)(\d)|(\d+),(\d+)|\((.+),(.+)\))$/i;

/** `S21`, `S10,2` and `S(out,in)`; `undefined` for what is not named so. */
export function parameterOf(curve: string): Parameter | undefined {
  const [, letter = '', ...names] = FORM.exec(curve) ?? [];
  const [to, from] = names.filter((name) => name !== undefined);
  return to && from ? { letter: letter.toUpperCase(), to, from } : undefined;
}

/** Ports as a result lists them, or else as its curves name them; never none. */
export function portsOf(properties: JsonObject, curves: readonly { name: string }[]): Port[] {
  const { ports, reference_impedance: references } = properties;
  const named = curves.flatMap(({ name }) => {
    const parameter = parameterOf(name);
    return parameter ? [parameter.to, parameter.from] : [];
  });
  const names = Array.isArray(ports) ? ports.map(String) : [...new Set(named)].sort(naturally);
  return (names.length > 0 ? names : ['1']).map((name, at) => {
    const reference = Array.isArray(references) ? references[at] : references;
    if (reference === null) return { name, reference };
    return { name, reference: typeof reference === 'number' && reference > 0 ? reference : USUAL_REFERENCE };
  });
}

/** What the reflection of a curve refers to: its own port. */
export function referenceOf(curve: string, ports: readonly Port[] = []): number | null {
  const to = parameterOf(curve)?.to;
  const port = ports.find(({ name }) => name === to) ?? ports[0];
  return port ? port.reference : USUAL_REFERENCE;
}
