import { Button } from '@mantine/core';
import type { Session } from '../../contract';
import { confirm, FailureText, openDialog } from '../../parts/dialog';
import { since } from '../../parts/files';
import { notify } from '../../parts/notices';
import { socket } from '../platform';
import { useLoaded } from './administration';
import { ProjectLink, useProjectNames } from './projects';

/** The compute services of a session, as its host knows them. */
function Instances({ session, close }: { session: Session; close: () => void }) {
  const { data, failure } = useLoaded(
    () => socket.call('LocalSession/Instances', { session: session.id }, { session: session.id }),
    3000,
  );
  return (
    <div className="dialog-form">
      <FailureText failure={failure} />
      <table className="grid" aria-label="Services of the session">
        <thead>
          <tr>
            <th>Service</th>
            <th>Instance</th>
            <th>State</th>
            <th>Process or pod</th>
            <th>Started</th>
            <th className="numeric">Restarts</th>
            <th>Last words</th>
          </tr>
        </thead>
        <tbody>
          {data?.instances.map((one) => (
            <tr key={one.id}>
              <td>{one.service}</td>
              <td className="mono">{one.id}</td>
              <td>{one.state}</td>
              <td className="mono">{one.handle}</td>
              <td>{since(one.startedMs)}</td>
              <td className="numeric">{one.restarts}</td>
              <td>{one.lastWords}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {data?.instances.length === 0 && <p className="muted">None: nothing has been computed in it lately.</p>}
      <div className="dialog-buttons">
        <Button onClick={close}>Done</Button>
      </div>
    </div>
  );
}

export function Sessions() {
  const { data, failure, reload } = useLoaded(() => socket.call('GlobalSession/ListSessions', {}), 5000);
  const names = useProjectNames();
  const name = (session: Session) => names.get(session.project) ?? 'a project';
  const end = (session: Session) =>
    confirm(
      'Close session',
      `The compute services of ${name(session)} end${
        session.activeRuns > 0
          ? `, and with them ${session.activeRuns} run${session.activeRuns === 1 ? '' : 's'} that ${session.activeRuns === 1 ? 'is' : 'are'} under way`
          : ''
      }. The project and its versions stay as they are; whoever works in it gets a new session.`,
      'Close',
      async () => {
        await socket.call('GlobalSession/CloseSession', { session: session.id });
        reload();
        notify('good', 'The session is closed', name(session));
      },
    );
  return (
    <>
      <FailureText failure={failure} />
      <table className="grid" aria-label="Sessions">
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
            <tr key={session.id || session.project}>
              <td>
                <ProjectLink id={session.project} names={names} />
              </td>
              <td>{session.openedBy}</td>
              <td>{session.queuePosition > 0 ? `queued, place ${session.queuePosition}` : session.localSession}</td>
              <td className="numeric">{session.activeRuns}</td>
              <td>{since(session.openedMs)}</td>
              <td>{since(session.lastUsedMs)}</td>
              <td>
                <span className="row-buttons">
                  <button
                    type="button"
                    className="bare"
                    onClick={() =>
                      openDialog(
                        `Services of ${name(session)}`,
                        (close) => <Instances session={session} close={close} />,
                        'xl',
                      )
                    }
                  >
                    Services
                  </button>
                  <button
                    type="button"
                    className="bare"
                    aria-label={`Close the session of ${name(session)}`}
                    onClick={() => end(session)}
                  >
                    Close…
                  </button>
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {data?.sessions.length === 0 && <p className="empty">No session is open.</p>}
    </>
  );
}
