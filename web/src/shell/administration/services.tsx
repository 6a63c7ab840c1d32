// The hosts and services of the site, and how busy they are.
import type { LocalSessionInfo, ServiceInfo, ServiceState } from '../../contract';
import { FailureText } from '../../parts/dialog';
import { byteSize, since } from '../../parts/files';
import { socket } from '../platform';
import { useLoaded } from './administration';

const EVERY_MS = 3000;
const STATES: Record<ServiceState, [string, string]> = {
  SERVICE_STATE_UNSPECIFIED: ['unknown', ''],
  SERVICE_STATE_RUNNING: ['running', 'good'],
  SERVICE_STATE_SILENT: ['silent', 'bad'],
  SERVICE_STATE_ENDED: ['ended', ''],
};

/** Permanent services first, then what computes. */
function byKind(a: ServiceInfo, b: ServiceInfo): number {
  const computes = (one: ServiceInfo) => Number(one.service.startsWith('compute/'));
  return computes(a) - computes(b) || a.service.localeCompare(b.service) || a.instance.localeCompare(b.instance);
}

function ServiceRow({ one }: { one: ServiceInfo }) {
  const { service, instance, state, status, seenMs } = one;
  const [word, tone] = STATES[state] ?? STATES.SERVICE_STATE_UNSPECIFIED;
  const runs = state === 'SERVICE_STATE_RUNNING';
  return (
    <tr>
      <td>
        <strong>{service.replace(/^compute\//, '')}</strong>
      </td>
      <td className="mono">{instance}</td>
      <td>
        <span className={`badge ${tone}`}>{word}</span>
      </td>
      <td>{status?.host}</td>
      <td className="mono">{status?.address}</td>
      <td className="numeric">{runs && status ? status.cores.toFixed(2) : '–'}</td>
      <td className="numeric">{runs && status && status.memoryBytes > 0 ? byteSize(status.memoryBytes) : '–'}</td>
      <td>{status?.version}</td>
      <td title={status ? new Date(status.startedMs).toLocaleString() : undefined}>{since(status?.startedMs ?? 0)}</td>
      <td>{since(seenMs)}</td>
    </tr>
  );
}

function Services() {
  const { data, failure } = useLoaded(() => socket.call('Logger/Services', {}, { again: true }), EVERY_MS);
  return (
    <section>
      <h2>Services</h2>
      <FailureText failure={failure} />
      <table className="grid" aria-label="Services">
        <thead>
          <tr>
            <th>Service</th>
            <th>Instance</th>
            <th>State</th>
            <th>Host</th>
            <th>Address</th>
            <th className="numeric" title="Cores that it kept busy over the last seconds">
              Cores busy
            </th>
            <th className="numeric">Memory</th>
            <th>Version</th>
            <th>Up since</th>
            <th>Seen</th>
          </tr>
        </thead>
        <tbody>
          {[...(data?.services ?? [])].sort(byKind).map((one) => (
            <ServiceRow key={`${one.service} ${one.instance}`} one={one} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function HostRow({ one }: { one: LocalSessionInfo }) {
  const troubles = Object.entries(one.troubles);
  return (
    <tr>
      <td>
        <strong>{one.instance}</strong> {one.draining && <span className="badge warn">draining</span>}
      </td>
      <td>
        <span className="run-progress">
          <progress max={1} value={one.load} aria-label={`Load of ${one.instance}`} /> {Math.round(one.load * 100)} %
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
      <td>
        {one.services.join(', ')}
        {troubles.map(([service, why]) => (
          <div key={service} className="bad-text">
            {service}: {why}
          </div>
        ))}
      </td>
      <td>{since(one.lastSeenMs)}</td>
    </tr>
  );
}

export function Site() {
  const { data, failure } = useLoaded(() => socket.call('GlobalSession/GetSite', {}), EVERY_MS);
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
      <section>
        <h2>Hosts</h2>
        <table className="grid" aria-label="Hosts">
          <thead>
            <tr>
              <th>Local session service</th>
              <th>Load</th>
              <th className="numeric">Slots</th>
              <th className="numeric">Queued</th>
              <th className="numeric">Cores</th>
              <th className="numeric">Memory</th>
              <th>System</th>
              <th>Can compute</th>
              <th>Seen</th>
            </tr>
          </thead>
          <tbody>
            {data?.localSessions.map((one) => (
              <HostRow key={one.instance} one={one} />
            ))}
          </tbody>
        </table>
      </section>
      <Services />
    </>
  );
}
