import { useEffect, useState } from 'react';
import type { Failure, LogRecord } from '../../contract';
import { FailureText } from '../../parts/dialog';
import { clock } from '../../parts/files';
import { failureOf } from '../../transport';
import { socket } from '../platform';
import { useLoaded } from './administration';

const LEVELS = ['ERROR', 'WARN', 'INFO', 'DEBUG', 'TRACE'];

/** The central log of the site. */
export function Logs() {
  const [level, setLevel] = useState('INFO');
  const [service, setService] = useState('');
  const [text, setText] = useState('');
  const [records, setRecords] = useState<LogRecord[]>([]);
  const [failure, setFailure] = useState<Failure>();
  useEffect(() => {
    const load = () =>
      socket
        .call('Logger/Query', { level, service, text, limit: 500 })
        .then((reply) => {
          setRecords(reply.records);
          setFailure(undefined);
        })
        .catch((error) => setFailure(failureOf(error)));
    const first = setTimeout(load, 150);
    const timer = setInterval(load, 4000);
    return () => {
      clearTimeout(first);
      clearInterval(timer);
    };
  }, [level, service, text]);
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
        <input
          className="input"
          type="search"
          aria-label="Search the log"
          placeholder="Search"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
      </div>
      <FailureText failure={failure} />
      <table className="grid mono">
        <thead>
          <tr>
            <th>Time</th>
            <th>Level</th>
            <th>Service</th>
            <th>Message</th>
          </tr>
        </thead>
        <tbody>
          {records.map((record) => (
            <tr key={record.number} className={record.level}>
              <td>{clock(record.timeMs)}</td>
              <td>{record.level}</td>
              <td title={record.instance}>{record.service}</td>
              <td title={record.fields}>{record.message}</td>
            </tr>
          ))}
        </tbody>
      </table>
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
