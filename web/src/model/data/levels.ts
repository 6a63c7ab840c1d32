// Which level of each body is shown: the coarsest whose error cannot be seen, within what the computer can draw.

export interface Level {
  triangles: number;
  /** How far vertices may lie from where they should, m. */
  error: number;
}

/**
 * The number of the level of each body; levels are sorted from coarse to fine. All begin with the coarsest, and where
 * the error is seen most is made finer first, until nothing can be seen or `budget` triangles are spent.
 */
export function chooseLevels(bodies: readonly (readonly Level[])[], pixelsPerMetre: number, budget: number): number[] {
  const chosen = bodies.map(() => 0);
  let total = bodies.reduce((sum, levels) => sum + (levels[0]?.triangles ?? 0), 0);
  const steps = bodies.flatMap((levels, body) =>
    levels.slice(0, -1).flatMap(({ triangles, error }, at) => {
      const more = (levels[at + 1] as Level).triangles - triangles;
      return error * pixelsPerMetre > 1 ? [{ body, to: at + 1, error, more }] : [];
    }),
  );
  steps.sort((a, b) => b.error - a.error);
  for (const { body, to, more } of steps) {
    // A body that could not follow one step is not helped by the next.
    if (chosen[body] !== to - 1 || total + more > budget) continue;
    chosen[body] = to;
    total += more;
  }
  return chosen;
}
