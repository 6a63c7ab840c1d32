// What lies over the 3-D view: the pick filter, the section planes, the measure, and what a form waits for.
import type { Vector3 } from 'three';
import { prefixFor } from '../../model/data/drawing';
import { PICK_KINDS, type PickKind, picking } from '../../model/picking';
import { formatNumber, formatSI } from '../../model/value';
import { Icon } from '../../parts/icon';
import { useStore } from '../../parts/use-store';
import { type SectionPlane, toggleSection, useDesk } from '../../shell/workspace/context';
import type { SceneRenderer } from './renderer';
import { placeOf } from './use-drawing';

const KIND_LABELS: Record<PickKind, string> = { body: 'Bodies', face: 'Faces', edge: 'Edges', point: 'Points' };
const WANTED: Record<PickKind, string> = { body: 'a body', face: 'a face', edge: 'an edge', point: 'a point' };

export function PickFilter() {
  const desk = useDesk();
  const { pick } = useStore(desk.scene);
  const request = useStore(picking);
  const shown = request?.kind ?? pick;
  return (
    <div className="pick-filter segments" role="radiogroup" aria-label="What a click picks">
      {PICK_KINDS.map((kind) => (
        // biome-ignore lint/a11y/useSemanticElements: drawn as a segmented button
        <button
          key={kind}
          type="button"
          role="radio"
          aria-checked={shown === kind}
          aria-label={KIND_LABELS[kind]}
          title={`${KIND_LABELS[kind]} (P)`}
          disabled={request !== undefined}
          onClick={() => desk.scene.update((now) => ({ ...now, pick: kind, measure: false }))}
        >
          <Icon name={kind === 'body' ? 'cuboid' : kind} size={15} />
        </button>
      ))}
    </div>
  );
}

/** Says what is waited for; the form takes it as soon as it is clicked. */
export function PickPrompt() {
  const request = useStore(picking);
  if (!request) return null;
  return (
    <div className="pick-prompt" role="status">
      <Icon name="pick" size={15} />
      <span>
        Pick {WANTED[request.kind]} for <strong>{request.label}</strong>
        {request.many && ', as many as you like; a second click takes it out again'}
      </span>
      <button type="button" className="bare outlined" onClick={() => picking.set(undefined)}>
        {request.many ? 'Done' : 'Cancel'} <kbd>Esc</kbd>
      </button>
    </div>
  );
}

/** A length in the unit that fits the whole model: zero millimetres are not zero metres. */
function lengthIn(value: number, extent: number): string {
  const { factor, unit } = prefixFor(extent, 'm');
  return `${formatNumber(Number((value / factor).toFixed(9)), 4)} ${unit}`;
}

export function Sections({ scene }: { scene: SceneRenderer | undefined }) {
  const desk = useDesk();
  const { sections } = useStore(desk.scene);
  const change = (axis: SectionPlane['axis'], part: Partial<SectionPlane>) =>
    desk.scene.update((now) => ({
      ...now,
      sections: now.sections.map((plane) => (plane.axis === axis ? { ...plane, ...part } : plane)),
    }));
  if (sections.length === 0) return null;
  const extent = scene ? scene.size() / 2 : 1;
  return (
    <fieldset className="sections" aria-label="Section planes">
      {sections.map(({ axis, share, flip }) => (
        <div key={axis} className="section-row">
          <span className="mono place-name">{`${axis} = ${lengthIn(placeOf(scene, axis, share), extent)}`}</span>
          <input
            type="range"
            aria-label={`Section ${axis}`}
            min={0}
            max={1}
            step={0.002}
            value={share}
            onChange={(event) => change(axis, { share: Number(event.currentTarget.value) })}
          />
          <button
            type="button"
            className="bare"
            aria-label={`Other side of section ${axis}`}
            title="Other side"
            aria-pressed={flip}
            onClick={() => change(axis, { flip: !flip })}
          >
            <Icon name="flip" size={13} />
          </button>
          <button
            type="button"
            className="bare"
            aria-label={`Close section ${axis}`}
            onClick={() => desk.scene.update((now) => toggleSection(now, axis))}
          >
            <Icon name="close" size={12} />
          </button>
        </div>
      ))}
    </fieldset>
  );
}

function measureText(a: Vector3, b: Vector3): string {
  const parts = (['x', 'y', 'z'] as const).map((axis) => `Δ${axis} ${formatSI(b[axis] - a[axis], 'm', 4)}`);
  return `${formatSI(a.distanceTo(b), 'm', 5)}  (${parts.join(', ')})`;
}

export function Measured({ points, clear }: { points: readonly Vector3[]; clear: () => void }) {
  const [a, b] = points;
  return (
    <div className="measured" role="status">
      <Icon name="ruler" size={14} />
      {a && b ? measureText(a, b) : a ? 'Click the second point' : 'Click the first point'}
      <button type="button" className="bare" aria-label="Measure anew" onClick={clear}>
        <Icon name="refresh" size={13} />
      </button>
    </div>
  );
}
