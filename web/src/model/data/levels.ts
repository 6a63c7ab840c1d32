// Which level of each body is shown: the coarsest whose error cannot be seen, within what the computer can draw.

export interface Level {
  triangles: number;
  /** How far vertices may lie from where they should, m. */
  error: number;
}

/** The number of the level of each body; levels are sorted from coarse to fine. */
export function chooseLevels(bodies: readonly (readonly Level[])[], pixelsPerMetre: number, budget: number): number[] {
  const chosen = bodies.map((levels) => {
    const found = levels.findIndex((level) => level.error * pixelsPerMetre <= 1);
    return found < 0 ? levels.length - 1 : found;
  });
  const size = (body: number) => bodies[body]?.[chosen[body] ?? 0]?.triangles ?? 0;
  let total = chosen.reduce((sum, _, body) => sum + size(body), 0);
  // The body that saves most gives way first.
  while (total > budget) {
    let best = -1;
    for (let body = 0; body < bodies.length; body += 1) {
      if ((chosen[body] ?? 0) > 0 && (best < 0 || size(body) > size(best))) best = body;
    }
    if (best < 0) break;
    total -= size(best);
    chosen[best] = (chosen[best] ?? 1) - 1;
    total += size(best);
  }
  return chosen;
}
