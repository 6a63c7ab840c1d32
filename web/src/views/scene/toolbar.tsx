// What lies over the 3-D view: the pick filter, the section planes, the measure, and what a form waits for.
import { useEffect, useState } from 'react';
import { prefixFor } from '../../model/data/drawing';
import { PICK_KINDS, type PickKind, picking } from '../../model/picking';
import { formatNumber } from '../../model/value';
import { Icon } from '../../parts/icon';
import { useStore } from '../../parts/use-store';
import { type SectionPlane, toggleSection, useDesk } from '../../shell/workspace/context';
import { type Measured, measures } from './measuring';
import type { SceneRenderer } from './renderer';
import { useSceneState } from './state';
import { placeOf, shareOf } from './use-drawing';

const KIND_LABELS: Record<PickKind, string> = { body: 'Bodies', face: 'Faces', edge: 'Edges', point: 'Points' };
const WANTED: Record<PickKind, string> = { body: 'a body', face: 'a face', edge: 'an edge', point: 'a point' };

export function PickFilter() {
  const desk = useDesk();
  const { pick, measure } = useStore(desk.scene);
  const measuring = useSceneState().measures;
  const measured = useStore(measuring);
  const request = useStore(picking);
  const shown = request?.kind ?? (measure ? measured : pick);
  const choose = (kind: PickKind) =>
    measure ? measuring.set(kind) : desk.scene.update((now) => ({ ...now, pick: kind }));
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
          onClick={() => choose(kind)}
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

interface PlaceProps {
  axis: SectionPlane['axis'];
  /** m */
  at: number;
  /** Of the model, m: its unit fits all places, since zero millimetres are not zero metres. */
  extent: number;
  move: (metres: number) => void;
}

/** Where a section plane is, to be read and typed. */
function Place({ axis, at, extent, move }: PlaceProps) {
  const { factor, unit } = prefixFor(extent, 'm');
  const written = formatNumber(Number((at / factor).toFixed(9)), 4);
  const [text, setText] = useState(written);
  useEffect(() => setText(written), [written]);
  const take = () => {
    const value = Number(text.trim().replace(/[−–]/, '-').replace(',', '.'));
    if (text.trim() === '' || !Number.isFinite(value)) setText(written);
    else if (text !== written) move(value * factor);
  };
  return (
    <span className="mono place-name">
      {`${axis} = `}
      <input
        type="text"
        inputMode="decimal"
        className="place-value"
        aria-label={`Place of section ${axis}, ${unit}`}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onBlur={take}
        onKeyDown={(event) => {
          if (event.key === 'Enter') take();
          if (event.key === 'Escape') setText(written);
        }}
      />
      {unit}
    </span>
  );
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
          <Place
            axis={axis}
            at={placeOf(scene, axis, share)}
            extent={extent}
            move={(metres) => change(axis, { share: shareOf(scene, axis, metres) })}
          />
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

const PICKS: Record<PickKind, string> = {
  body: 'a body',
  face: 'a face, or two',
  edge: 'an edge, or two',
  point: 'two points',
};

/** What has been measured; a click on the pick filter beside chooses of what. */
export function Measures({ measured, clear }: { measured: readonly Measured[]; clear: () => void }) {
  const kind = useStore(useSceneState().measures);
  const rows = measures(measured);
  return (
    <div className="measured" role="status">
      <Icon name="ruler" size={14} />
      {rows.length === 0 && (measured.length === 0 ? `Click ${PICKS[kind]}` : 'Click the second one')}
      {rows.map(([name, value]) => (
        <span key={name}>
          {name} <strong>{value}</strong>
        </span>
      ))}
      <button type="button" className="bare" aria-label="Measure anew" onClick={clear}>
        <Icon name="refresh" size={13} />
      </button>
    </div>
  );
}
