// Evaluates an expression for show: `2*w + 3 mm`. Throws a short sentence where it cannot.
import { type Dimension, NONE, parseSymbol, power, sameDimension, times, type Unit } from './units';

export interface Quantity {
  value: number;
  dimension: Dimension;
}

/** Gives the value of a parameter; `undefined` if there is none of that name. */
export type Lookup = (name: string) => Quantity | undefined;

type Token = { kind: 'number'; value: number } | { kind: 'word' | 'sign' | 'end'; text: string };

export const CONSTANTS: Record<string, Quantity> = {
  pi: { value: Math.PI, dimension: NONE },
  c0: { value: 299_792_458, dimension: [1, -1, 0, 0, 0, 0] },
  eps0: { value: 8.8541878128e-12, dimension: [-3, 4, -1, 2, 0, 0] },
  mu0: { value: 1.25663706212e-6, dimension: [1, -2, 1, -2, 0, 0] },
  eta0: { value: 376.730313668, dimension: [2, -3, 1, -2, 0, 0] },
};

const LONGEST = 4096;
const DEEPEST = 64;

function tokens(text: string): Token[] {
  const found: Token[] = [];
  const pattern =
    /\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|([\p{L}_°µΩ][\p{L}_°µΩ\d]*)|([-+*/^(),]))/uy;
  let at = 0;
  while (at < text.length && text.slice(at).trim() !== '') {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (!match) throw new Error(`"${text.slice(at).trim().slice(0, 8)}" is not understood`);
    at = pattern.lastIndex;
    if (match[1] !== undefined) found.push({ kind: 'number', value: Number(match[1]) });
    else if (match[2] !== undefined) found.push({ kind: 'word', text: match[2] });
    else found.push({ kind: 'sign', text: match[3] ?? '' });
  }
  return [...found, { kind: 'end', text: 'the end' }];
}

const plain = (value: number): Quantity => ({ value, dimension: NONE });
const isPlain = (quantity: Quantity) => sameDimension(quantity.dimension, NONE);

/** Sums and comparisons need one dimension; a plain zero has any. */
function common(a: Quantity, b: Quantity): Dimension {
  if (sameDimension(a.dimension, b.dimension)) return a.dimension;
  if (isPlain(b) && b.value === 0) return a.dimension;
  if (isPlain(a) && a.value === 0) return b.dimension;
  throw new Error('the two sides have different units');
}

function numeric(quantity: Quantity): number {
  if (!isPlain(quantity)) throw new Error('a number without a unit is needed');
  return quantity.value;
}

function angular(quantity: Quantity): number {
  if (!isPlain(quantity) && !sameDimension(quantity.dimension, [0, 0, 0, 0, 0, 1]))
    throw new Error('an angle is needed');
  return quantity.value;
}

const angle = (value: number): Quantity => ({ value, dimension: [0, 0, 0, 0, 0, 1] });

const FUNCTIONS: Record<string, (x: Quantity, ...more: Quantity[]) => Quantity> = {
  sqrt: (x) => ({ value: Math.sqrt(x.value), dimension: x.dimension.map((one) => one / 2) }),
  sin: (x) => plain(Math.sin(angular(x))),
  cos: (x) => plain(Math.cos(angular(x))),
  tan: (x) => plain(Math.tan(angular(x))),
  asin: (x) => angle(Math.asin(numeric(x))),
  acos: (x) => angle(Math.acos(numeric(x))),
  atan: (x) => angle(Math.atan(numeric(x))),
  atan2: (x, y) => {
    if (!y) throw new Error('atan2 takes two arguments');
    common(x, y);
    return angle(Math.atan2(x.value, y.value));
  },
  exp: (x) => plain(Math.exp(numeric(x))),
  log: (x) => plain(Math.log(numeric(x))),
  log10: (x) => plain(Math.log10(numeric(x))),
  abs: (x) => ({ ...x, value: Math.abs(x.value) }),
  floor: (x) => plain(Math.floor(numeric(x))),
  ceil: (x) => plain(Math.ceil(numeric(x))),
  round: (x) => plain(Math.round(numeric(x))),
  min: (x, ...more) => more.reduce((a, b) => ({ value: Math.min(a.value, b.value), dimension: common(a, b) }), x),
  max: (x, ...more) => more.reduce((a, b) => ({ value: Math.max(a.value, b.value), dimension: common(a, b) }), x),
};

class Parser {
  private at = 0;
  private depth = 0;

  constructor(
    private readonly list: Token[],
    private readonly lookup: Lookup,
  ) {}

  whole(): Quantity {
    const value = this.sum();
    if (this.now().kind !== 'end') throw new Error('an operator is missing');
    return value;
  }

  private now(): Token {
    return this.list[Math.min(this.at, this.list.length - 1)] as Token;
  }

  private take(...signs: string[]): string | undefined {
    const token = this.now();
    if (token.kind !== 'sign' || !signs.includes(token.text)) return undefined;
    this.at += 1;
    return token.text;
  }

  private sum(): Quantity {
    let left = this.product();
    for (let sign = this.take('+', '-'); sign; sign = this.take('+', '-')) {
      const right = this.product();
      left = {
        value: sign === '+' ? left.value + right.value : left.value - right.value,
        dimension: common(left, right),
      };
    }
    return left;
  }

  private product(): Quantity {
    let left = this.signed();
    for (let sign = this.take('*', '/'); sign; sign = this.take('*', '/')) {
      const right = this.signed();
      const up = sign === '*' ? 1 : -1;
      if (up < 0 && right.value === 0) throw new Error('it divides by zero');
      left = {
        value: up > 0 ? left.value * right.value : left.value / right.value,
        dimension: left.dimension.map((one, at) => one + up * (right.dimension[at] ?? 0)),
      };
    }
    return left;
  }

  private signed(): Quantity {
    this.depth += 1;
    if (this.depth > DEEPEST) throw new Error('it is nested too deeply');
    const sign = this.take('+', '-');
    let value = sign ? this.signed() : this.power();
    if (sign === '-') value = { ...value, value: -value.value };
    this.depth -= 1;
    return value;
  }

  private power(): Quantity {
    const base = this.atom();
    if (!this.take('^')) return base;
    const exponent = numeric(this.signed());
    return { value: base.value ** exponent, dimension: base.dimension.map((one) => one * exponent) };
  }

  private atom(): Quantity {
    const token = this.now();
    this.at += 1;
    if (token.kind === 'number') return this.measured(token.value);
    if (token.kind === 'word') return this.named(token.text);
    if (token.kind === 'sign' && token.text === '(') {
      const inner = this.sum();
      this.close();
      return inner;
    }
    throw new Error('the expression is not finished');
  }

  private measured(value: number): Quantity {
    const token = this.now();
    if (token.kind !== 'word') return plain(value);
    const first = parseSymbol(token.text);
    if (!first) throw new Error(`${token.text} is no unit`);
    this.at += 1;
    let unit = this.raised(first);
    for (let below = this.divisor(); below; below = this.divisor()) {
      this.at += 2;
      unit = times(unit, power(this.raised(below), -1));
    }
    return { value: (value * unit.multiplier) / unit.divisor, dimension: unit.dimension };
  }

  /** The unit after a `/` that follows a unit, if one is next. */
  private divisor(): Unit | undefined {
    const [slash, word, after] = this.list.slice(this.at, this.at + 3);
    if (slash?.kind !== 'sign' || slash.text !== '/' || word?.kind !== 'word') return undefined;
    return after?.kind === 'sign' && after.text === '(' ? undefined : parseSymbol(word.text);
  }

  private raised(unit: Unit): Unit {
    if (!this.take('^')) return unit;
    const negative = this.take('-') !== undefined;
    const token = this.now();
    if (token.kind !== 'number' || !Number.isInteger(token.value)) throw new Error('units have whole powers');
    this.at += 1;
    return power(unit, negative ? -token.value : token.value);
  }

  private named(name: string): Quantity {
    if (!this.take('(')) {
      const known = this.lookup(name) ?? CONSTANTS[name];
      if (known) return known;
      const unit = parseSymbol(name);
      if (unit) return { value: unit.multiplier / unit.divisor, dimension: unit.dimension };
      throw new Error(`${name} is not known`);
    }
    const call = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
    if (!call) throw new Error(`${name} is no function`);
    const [first, ...more] = this.list[this.at]?.kind === 'sign' && this.take(')') ? [] : this.listed();
    if (!first) throw new Error(`${name} needs an argument`);
    return call(first, ...more);
  }

  private listed(): Quantity[] {
    const values = [this.sum()];
    while (this.take(',')) values.push(this.sum());
    this.close();
    return values;
  }

  private close(): void {
    if (!this.take(')')) throw new Error('a bracket is not closed');
  }
}

export function evaluate(text: string, lookup: Lookup): Quantity {
  if (text.length > LONGEST) throw new Error('it is too long');
  const value = new Parser(tokens(text), lookup).whole();
  if (!Number.isFinite(value.value)) throw new Error('the result is no number');
  return value;
}

/** Looks parameters up by name, each evaluated when it is first asked for; circles are said. */
export function parameters(values: ReadonlyMap<string, string>): Lookup {
  const done = new Map<string, Quantity>();
  const open = new Set<string>();
  const lookup: Lookup = (name) => {
    const known = done.get(name);
    if (known) return known;
    const text = values.get(name);
    if (text === undefined) return undefined;
    if (open.has(name)) throw new Error(`${name} refers to itself`);
    open.add(name);
    try {
      const value = evaluate(text, lookup);
      done.set(name, value);
      return value;
    } finally {
      open.delete(name);
    }
  };
  return lookup;
}

/** A property in SI: a bare number is in the project's unit of that dimension. `undefined` where it is none. */
export function siValue(value: unknown, dimension: Dimension, unit: string, lookup: Lookup): number | undefined {
  try {
    const found = typeof value === 'number' ? plain(value) : evaluate(String(value), lookup);
    if (sameDimension(found.dimension, dimension)) return found.value;
    if (!isPlain(found)) return undefined;
    if (found.value === 0) return 0;
    // Only whole property values take the default unit; inside of an expression it is always written.
    const bare = typeof value === 'number' || /^\s*[-+]?[\d.]+(e[-+]?\d+)?\s*$/i.test(String(value));
    return bare && unit ? evaluate(`${found.value} ${unit}`, lookup).value : undefined;
  } catch {
    return undefined;
  }
}
