// The runs of the site, those that have not ended first.
import type { Run } from '../../contract';
import { isActive } from '../../model/project/runs';
import { confirm, FailureText } from '../../parts/dialog';
import { since } from '../../parts/files';
import { Icon } from '../../parts/icon';
import { RunState, took } from '../../parts/run-state';
import { socket } from '../platform';
import { useLoaded } from './administration';
import { ProjectLink, useProjectNames } from './projects';

/** As whoever administers the site may: the session of the run passes it on. */
async function cancel(run: Run): Promise<void> {
  await socket.call('LocalSession/CancelRun', { run: run.id }, { session: run.session });
}

export function Runs() {
  const { data, failure, reload } = useLoaded(
    () => socket.call('Project/ListRuns', { project: '', active: false, limit: 200 }),
    3000,
  );
  const names = useProjectNames();
  const runs = [...(data?.runs ?? [])].sort((a, b) => Number(isActive(b.state)) - Number(isActive(a.state)));
  return (
    <>
      <FailureText failure={failure} />
      <table className="grid" aria-label="Runs">
        <thead>
          <tr>
            <th>Action</th>
            <th>Of</th>
            <th>Project</th>
            <th>User</th>
            <th>State</th>
            <th className="numeric">Took</th>
            <th>On</th>
            <th>When</th>
            <th>
              <span className="hidden-label">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <tr key={run.id}>
              <td>{run.action}</td>
              <td className="mono">{run.target}</td>
              <td>
                <ProjectLink id={run.project} names={names} />
              </td>
              <td>{run.user}</td>
              <td>
                <RunState run={run} />
                {run.failure?.message && <div className="bad-text why">{run.failure.message}</div>}
              </td>
              <td className="numeric">{took(run)}</td>
              <td>{run.localSession}</td>
              <td title={new Date(run.createdMs).toLocaleString()}>{since(run.createdMs)}</td>
              <td className="last">
                {isActive(run.state) && (
                  <button
                    type="button"
                    className="bare"
                    aria-label={`Cancel ${run.action} of ${names.get(run.project) ?? run.project.slice(0, 8)}`}
                    onClick={() =>
                      confirm(
                        'Cancel run',
                        `${run.action} of ${run.user} in ${names.get(run.project) ?? 'a project'} ends without a result.`,
                        'Cancel the run',
                        () => cancel(run).then(reload),
                      )
                    }
                  >
                    <Icon name="stop" size={13} />
                  </button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {data?.runs.length === 0 && <p className="empty">Nothing has been run yet.</p>}
    </>
  );
}
