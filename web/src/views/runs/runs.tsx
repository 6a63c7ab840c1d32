// Runs of the project: place in the queue, progress, time left, curves while they compute, cancel.
import { useEffect, useState } from 'react';
import { isActive, listed, type RunView } from '../../model/project/runs';
import { clock, since } from '../../parts/files';
import { Icon } from '../../parts/icon';
import { openMenu, openMenuUnder } from '../../parts/menu';
import { RunState, took } from '../../parts/run-state';
import { useStore } from '../../parts/use-store';
import { failed } from '../../shell/workspace/commands';
import { useDesk } from '../../shell/workspace/context';
import { Convergence } from './convergence';
import { runMenu } from './menu';

/** The clock of running runs ticks; that of ended ones does not. */
function useTick(active: boolean): void {
  const [, tick] = useState(0);
  useEffect(() => {
    if (!active) return;
    const timer = setInterval(() => tick((count) => count + 1), 1000);
    return () => clearInterval(timer);
  }, [active]);
}

function State({ run }: RunView) {
  const count = run.warnings.length;
  return (
    <RunState run={run} tone={count > 0 && run.state === 'RUN_STATE_SUCCEEDED' ? 'warn' : undefined}>
      {count > 0 && `, ${count} ${count === 1 ? 'warning' : 'warnings'}`}
    </RunState>
  );
}

function Detail({ view }: { view: RunView }) {
  const { session } = useDesk();
  const { run, curves } = view;
  const over = !isActive(run.state);
  // Those that were followed from here have their curves; of others they are kept with the run.
  useEffect(() => {
    if (over && curves.size === 0) void session.wholeRun(run.id);
  }, [session, run.id, over, curves.size]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard
    <section className="run-detail" aria-label={`Run of ${run.action}`} tabIndex={0}>
      {run.failure && (run.failure.message || run.failure.code) && (
        <div className="failure">
          <strong>{run.failure.message || run.failure.code}</strong>
          {run.failure.remedy && <p>{run.failure.remedy}</p>}
        </div>
      )}
      <Convergence curves={curves} />
      <dl>
        <dt>Asked by</dt>
        <dd>
          {run.user}, {clock(run.createdMs)}
        </dd>
        <dt>Step</dt>
        <dd>{run.step || '–'}</dd>
        <dt>Version</dt>
        <dd className="mono">
          {run.version.slice(0, 8)} on {run.branch || 'main'}
          {run.resultVersion && ` → ${run.resultVersion.slice(0, 8)}`}
        </dd>
        {run.restarts > 0 && (
          <>
            <dt>Restarts</dt>
            <dd>{run.restarts}</dd>
          </>
        )}
        {run.state !== 'RUN_STATE_SUCCEEDED' && run.checkpoints[0] && (
          <>
            <dt>Checkpoint</dt>
            <dd>{run.checkpoints[0].note || since(run.checkpoints[0].timeMs)}</dd>
          </>
        )}
      </dl>
      {run.warnings.length > 0 && (
        <ul className="run-warnings">
          {run.warnings.map((warning) => (
            <li key={warning}>{warning}</li>
          ))}
        </ul>
      )}
      <div className="run-log mono">
        {view.lines.slice(-200).map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines are only ever added at the end
          <div key={index} className={line.level}>
            {line.text}
          </div>
        ))}
      </div>
    </section>
  );
}

export function RunsView() {
  const desk = useDesk();
  const runs = listed(useStore(desk.session.runs));
  const [chosen, setChosen] = useState('');
  useTick(runs.some((view) => isActive(view.run.state)));
  const detail = runs.find((view) => view.run.id === chosen) ?? runs[0];
  if (runs.length === 0) return <p className="empty">Nothing has been run yet.</p>;
  return (
    <div className="runs">
      <div className="scroll">
        <table className="grid">
          <thead>
            <tr>
              <th>Action</th>
              <th>Of</th>
              <th>State</th>
              <th className="numeric">Took</th>
              <th>When</th>
              <th>
                <span className="hidden-label">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {runs.map((view) => (
              <tr
                key={view.run.id}
                aria-selected={detail === view}
                onClick={() => setChosen(view.run.id)}
                onContextMenu={(event) => {
                  event.preventDefault();
                  setChosen(view.run.id);
                  openMenu(event.clientX, event.clientY, runMenu(desk, view.run));
                }}
              >
                <td>
                  <button type="button" className="bare" onClick={() => setChosen(view.run.id)}>
                    {view.run.action}
                  </button>
                </td>
                <td className="mono">{view.run.target}</td>
                <td>
                  <State {...view} />
                </td>
                <td className="numeric">{took(view.run)}</td>
                <td>{since(view.run.createdMs)}</td>
                <td className="last">
                  {isActive(view.run.state) && (
                    <button
                      type="button"
                      className="bare"
                      aria-label={`Cancel ${view.run.action}`}
                      title="Cancel"
                      onClick={() => desk.session.cancel(view.run.id).catch(failed('Not cancelled'))}
                    >
                      <Icon name="stop" size={13} />
                    </button>
                  )}
                  <button
                    type="button"
                    className="bare"
                    aria-label={`What can be done with ${view.run.action}`}
                    aria-haspopup="menu"
                    onClick={(event) => {
                      event.stopPropagation();
                      setChosen(view.run.id);
                      openMenuUnder(event.currentTarget, runMenu(desk, view.run));
                    }}
                  >
                    <Icon name="more" size={14} />
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {detail && <Detail view={detail} />}
    </div>
  );
}
