import { duration, isActive, listed } from '../../model/project/runs';
import { useStore } from '../../parts/use-store';
import { LinkMark } from '../header';
import { useDesk } from './context';

/** The line at the bottom: connection, version, selection, what runs. */
export function Status() {
  const desk = useDesk();
  const { session } = desk;
  const shown = useStore(session.shown);
  const selection = useStore(session.selection);
  const hint = useStore(desk.hint);
  const runs = listed(useStore(session.runs)).filter((view) => isActive(view.run.state));
  const ready = useStore(session.ready);
  const first = runs[0]?.run;
  return (
    <footer className="status">
      <LinkMark />
      <span>
        {ready === 'opening'
          ? 'Opening the project…'
          : `${shown.branch} · ${shown.version ? shown.version.slice(0, 8) : 'no version yet'}`}
      </span>
      <span className="status-selection">
        {selection.length === 1 ? selection[0] : selection.length > 1 ? `${selection.length} selected` : ''}
      </span>
      <span className="spring" />
      <span className="mono">{hint}</span>
      {first && (
        <button type="button" className="bare run-progress" onClick={() => desk.openPane('runs')}>
          <progress max={1} value={first.progress} aria-label={`Progress of ${first.action}`} />
          {first.state === 'RUN_STATE_QUEUED' ? `queued, place ${first.queuePosition}` : first.step || first.action}{' '}
          {duration(first.etaS)}
          {runs.length > 1 && ` +${runs.length - 1}`}
        </button>
      )}
    </footer>
  );
}
