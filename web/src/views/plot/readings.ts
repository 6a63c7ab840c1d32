// What markers read of the curves of a plot, and the curves of a Smith chart.
import type { Trace } from '../../model/data/drawing';
import { difference } from '../../model/data/markers';
import { referenceOf } from '../../model/data/ports';
import { type Curve, interpolate } from '../../model/data/series';
import { gammaAt, isReflection, type Reflection } from '../../model/data/smith';
import { gammaText, impedanceText } from '../../model/data/smith-drawing';
import { formatSI } from '../../model/value';
import type { Read } from './markers';
import type { Layer } from './use-series';

export function named(layer: Layer, curve: Curve): string {
  return layer.label ? `${curve.name} · ${layer.label}` : curve.name;
}

/** What belongs on a Smith chart: reflections. */
export function reflectionsOf(
  layers: readonly Layer[],
  names: readonly string[],
  off: ReadonlySet<string>,
): Reflection[] {
  return layers.flatMap((layer) =>
    layer.series.curves.flatMap((curve) => {
      const { name, x, re, im } = curve;
      if (!im || off.has(name) || !isReflection(name)) return [];
      return {
        name: named(layer, curve),
        unit: layer.series.x.unit,
        x,
        re,
        im,
        hue: names.indexOf(name),
        dash: layer.version !== '',
        reference: referenceOf(name, layer.series.ports),
      };
    }),
  );
}

export function readTraces(traces: readonly Trace[], unit: string): Read[] {
  const say = (value: number) => (Number.isFinite(value) ? formatSI(value, unit, 5) : '–');
  return traces.map((trace) => ({
    name: trace.name,
    x: trace.x,
    y: trace.y,
    at: (x) => say(interpolate(trace.x, trace.y, x)),
    against: (x, reference) => say(difference(trace, x, reference)),
  }));
}

/** On a Smith chart lowest is the least reflection; two are compared by the difference of their coefficients. */
export function readReflections(curves: readonly Reflection[]): Read[] {
  return curves.map((curve) => ({
    name: curve.name,
    x: curve.x,
    y: Float64Array.from(curve.re, (re, at) => Math.hypot(re, curve.im[at] as number)),
    at: (x) => {
      const gamma = gammaAt(curve, x);
      return gamma ? `${gammaText(...gamma)}, ${impedanceText(...gamma, curve.reference)}` : '–';
    },
    against: (x, reference) => {
      const [here, there] = [gammaAt(curve, x), gammaAt(curve, reference)];
      return here && there ? gammaText(here[0] - there[0], here[1] - there[1]) : '–';
    },
  }));
}
