import { isActive, stateWord } from '../../model/project/runs';
import { FailureText } from '../../parts/dialog';
import { byteSize, since } from '../../parts/files';
import { socket } from '../platform';
import { useLoaded } from './administration';

/** The hosts of the site and how busy they are. */
export function Site() {
  const { data, failure } = useLoaded(() => socket.call('GlobalSession/GetSite', {}), 3000);
  return (
    <>
      <FailureText failure={failure} />
      {data && (
        <p className="site-line">
          <strong>{data.name || 'This site'}</strong> runs version {data.version}, with {data.sessions} open session
          {data.sessions === 1 ? '' : 's'} on {data.localSessions.length} host
          {data.localSessions.length === 1 ? '' : 's'}.
        </p>
      )}
      <table className="grid">
        <thead>
          <tr>
            <th>Local session service</th>
            <th>Load</th>
            <th className="numeric">Slots</th>
            <th className="numeric">Queued</th>
            <th className="numeric">Cores</th>
            <th className="numeric">Memory</th>
            <th>System</th>
            <th>Services</th>
            <th>Seen</th>
          </tr>
        </thead>
        <tbody>
          {data?.localSessions.map((one) => (
            <tr key={one.instance}>
              <td>
                <strong>{one.instance}</strong> {one.draining && <span className="badge warn">draining</span>}
              </td>
              <td>
                <span className="run-progress">
                  <progress max={1} value={one.load} aria-label={`Load of ${one.instance}`} />{' '}
                  {Math.round(one.load * 100)} %
                </span>
              </td>
              <td className="numeric">
                {one.usedSlots} of {one.slots}
              </td>
              <td className="numeric">{one.queued}</td>
              <td className="numeric">{one.cores}</td>
              <td className="numeric">{byteSize(one.memoryBytes)}</td>
              <td>
                {one.os} {one.arch}
              </td>
              <td>{one.services.join(', ')}</td>
              <td>{since(one.lastSeenMs)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

export function Sessions() {
  const { data, failure, reload } = useLoaded(() => socket.call('GlobalSession/ListSessions', {}), 5000);
  const projects = useLoaded(() => socket.call('Project/ListProjects', { deleted: false }));
  const name = (id: string) => projects.data?.projects.find((one) => one.id === id)?.name ?? id;
  return (
    <>
      <FailureText failure={failure} />
      <table className="grid">
        <thead>
          <tr>
            <th>Project</th>
            <th>Opened by</th>
            <th>On</th>
            <th className="numeric">Runs</th>
            <th>Opened</th>
            <th>Used</th>
            <th>
              <span className="hidden-label">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {data?.sessions.map((session) => (
            <tr key={session.id}>
              <td>{name(session.project)}</td>
              <td>{session.openedBy}</td>
              <td>{session.queuePosition > 0 ? `queued, place ${session.queuePosition}` : session.localSession}</td>
              <td className="numeric">{session.activeRuns}</td>
              <td>{since(session.openedMs)}</td>
              <td>{since(session.lastUsedMs)}</td>
              <td>
                <button
                  type="button"
                  className="bare"
                  onClick={() =>
                    void socket.call('GlobalSession/CloseSession', { session: session.id }).finally(reload)
                  }
                >
                  Close
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {data?.sessions.length === 0 && <p className="empty">No session is open.</p>}
    </>
  );
}

export function Runs() {
  const { data, failure } = useLoaded(
    () => socket.call('Project/ListRuns', { project: '', active: false, limit: 200 }),
    3000,
  );
  return (
    <>
      <FailureText failure={failure} />
      <table className="grid">
        <thead>
          <tr>
            <th>Action</th>
            <th>Of</th>
            <th>Project</th>
            <th>User</th>
            <th>State</th>
            <th>On</th>
            <th>When</th>
          </tr>
        </thead>
        <tbody>
          {data?.runs.map((run) => (
            <tr key={run.id}>
              <td>{run.action}</td>
              <td className="mono">{run.target}</td>
              <td>
                <a href={`#/project/${encodeURIComponent(run.project)}`}>{run.project.slice(0, 8)}</a>
              </td>
              <td>{run.user}</td>
              <td>
                {stateWord(run.state)}
                {isActive(run.state) && ` ${Math.round(run.progress * 100)} %`}
              </td>
              <td>{run.localSession}</td>
              <td>{since(run.createdMs)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {data?.runs.length === 0 && <p className="empty">Nothing has been run yet.</p>}
    </>
  );
}
