import { useEffect, useMemo, useState } from 'react';
import type { Failure, LogQuery, LogRecord } from '../../contract';
import { FailureText } from '../../parts/dialog';
import { clock, save } from '../../parts/files';
import { Icon } from '../../parts/icon';
import { failureOf } from '../../transport';
import { socket } from '../platform';
import { useLoaded } from './administration';
import { ProjectLink, useProjectNames } from './projects';

const LEVELS = ['ERROR', 'WARN', 'INFO', 'DEBUG', 'TRACE'];
const SHOWN = 500;
/** As many as one answer gives. */
const EXPORTED = 1000;

type Wanted = Pick<LogQuery, 'level' | 'service' | 'project' | 'run' | 'text'>;

/** The newest records that match, again and again; a moment after the last letter is typed. */
function useRecords(wanted: Wanted) {
  const [records, setRecords] = useState<LogRecord[]>([]);
  const [failure, setFailure] = useState<Failure>();
  useEffect(() => {
    let live = true;
    const load = () =>
      socket
        .call('Logger/Query', { ...wanted, limit: SHOWN })
        .then((reply) => {
          if (!live) return;
          setRecords(reply.records);
          setFailure(undefined);
        })
        .catch((error) => live && setFailure(failureOf(error)));
    const first = setTimeout(load, 150);
    const timer = setInterval(() => document.visibilityState === 'visible' && load(), 4000);
    return () => {
      live = false;
      clearTimeout(first);
      clearInterval(timer);
    };
  }, [wanted]);
  return { records, failure, setFailure };
}

/** One record a line, oldest first, as JSON: for other tools. */
async function download(wanted: Wanted): Promise<void> {
  const { records } = await socket.call('Logger/Query', { ...wanted, limit: EXPORTED });
  const lines = [...records].reverse().map((record) => JSON.stringify(record));
  save('opentwin-log.jsonl', `${lines.join('\n')}\n`, 'application/jsonl');
}

/** The central log of the site. */
export function Logs() {
  const names = useProjectNames();
  const [level, setLevel] = useState('INFO');
  const [service, setService] = useState('');
  const [project, setProject] = useState('');
  const [run, setRun] = useState('');
  const [text, setText] = useState('');
  const wanted = useMemo<Wanted>(
    () => ({ level, service: service.trim(), project, run: run.trim(), text }),
    [level, service, project, run, text],
  );
  const { records, failure, setFailure } = useRecords(wanted);
  return (
    <>
      <div className="pane-bar">
        <select
          className="input narrow"
          aria-label="Level"
          value={level}
          onChange={(event) => setLevel(event.currentTarget.value)}
        >
          {LEVELS.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
        <input
          className="input"
          aria-label="Service"
          placeholder="Service"
          value={service}
          onChange={(event) => setService(event.currentTarget.value)}
        />
        <select
          className="input"
          aria-label="Project"
          value={project}
          onChange={(event) => setProject(event.currentTarget.value)}
        >
          <option value="">All projects</option>
          {[...names]
            .sort(([, a], [, b]) => a.localeCompare(b))
            .map(([id, name]) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
        </select>
        <input
          className="input"
          aria-label="Run"
          placeholder="Id of a run"
          value={run}
          onChange={(event) => setRun(event.currentTarget.value)}
        />
        <input
          className="input"
          type="search"
          aria-label="Search the log"
          placeholder="Search"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <button
          type="button"
          className="bare"
          title={`The newest ${EXPORTED} records that match, one a line`}
          onClick={() => void download(wanted).catch((error) => setFailure(failureOf(error)))}
        >
          <Icon name="export" size={14} /> Export
        </button>
      </div>
      <FailureText failure={failure} />
      <table className="grid mono" aria-label="Log">
        <thead>
          <tr>
            <th>Time</th>
            <th>Level</th>
            <th>Service</th>
            <th>Project</th>
            <th>Run</th>
            <th>Message</th>
          </tr>
        </thead>
        <tbody>
          {records.map((record) => (
            <tr key={record.number} className={record.level}>
              <td title={new Date(record.timeMs).toLocaleString()}>{clock(record.timeMs)}</td>
              <td>{record.level}</td>
              <td title={record.instance}>{record.service}</td>
              <td>
                <ProjectLink id={record.project} names={names} />
              </td>
              <td>
                {record.run && (
                  <button
                    type="button"
                    className="bare"
                    title={`Only records of the run ${record.run}`}
                    onClick={() => setRun(record.run)}
                  >
                    {record.run.slice(0, 8)}
                  </button>
                )}
              </td>
              <td className="log-message" title={record.fields}>
                {record.message}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {records.length === 0 && !failure && <p className="empty">Nothing in the log matches.</p>}
    </>
  );
}

/** Who did what. */
export function Audit() {
  const { data, failure } = useLoaded(() => socket.call('Authorization/Audit', { limit: 500 }), 10_000);
  return (
    <>
      <FailureText failure={failure} />
      <table className="grid">
        <thead>
          <tr>
            <th>When</th>
            <th>User</th>
            <th>Action</th>
            <th>Of</th>
            <th>Allowed</th>
          </tr>
        </thead>
        <tbody>
          {data?.entries.map((entry, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: entries have no number
            <tr key={index}>
              <td>{new Date(entry.timeMs).toLocaleString('en-GB')}</td>
              <td>{entry.user}</td>
              <td>{entry.action}</td>
              <td>{entry.subject}</td>
              <td>{entry.allowed ? 'yes' : <span className="badge bad">refused</span>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
