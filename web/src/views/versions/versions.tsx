// The version graph: newest on top, lanes for branches, labels, what is shown.
import { useMemo, useRef, useState } from 'react';
import type { Version } from '../../contract';
import { type GraphRow, layOut } from '../../model/graph';
import { clock, since } from '../../parts/files';
import { Icon } from '../../parts/icon';
import { openMenu } from '../../parts/menu';
import { useStore } from '../../parts/use-store';
import { useWindow } from '../../parts/use-window';
import { failed } from '../../shell/workspace/commands';
import { useDesk } from '../../shell/workspace/context';
import { compare, versionMenu } from './commands';

const ROW = 24;
const LANE = 13;
const COLOURS = ['#2f7fd1', '#c2571a', '#2c8a57', '#8b5fbf', '#b8352f', '#0f8a94', '#8a6d1a'];
const colour = (lane: number) => COLOURS[lane % COLOURS.length] as string;
const middle = (lane: number) => 9 + lane * LANE;

/** Only whole rows are drawn, so each draws its own part of the lines. */
function Lines({ row, width }: { row: GraphRow; width: number }) {
  const x = middle(row.lane);
  const half = ROW / 2;
  return (
    <svg width={width} height={ROW} className="graph-lines" aria-hidden="true">
      {row.through.map((lane) => (
        <path key={`t${lane}`} d={`M${middle(lane)} 0V${ROW}`} stroke={colour(lane)} />
      ))}
      {row.up.map((lane) => (
        <path
          key={`u${lane}`}
          d={`M${middle(lane)} 0C${middle(lane)} ${half} ${x} 2 ${x} ${half}`}
          stroke={colour(lane)}
        />
      ))}
      {row.down.map((lane) => (
        <path
          key={`d${lane}`}
          d={`M${x} ${half}C${x} ${ROW - 2} ${middle(lane)} ${half} ${middle(lane)} ${ROW}`}
          stroke={colour(lane)}
        />
      ))}
      <circle cx={x} cy={half} r={row.version.parents.length > 1 ? 3 : 4} fill={colour(row.lane)} />
    </svg>
  );
}

function Labels({ version }: { version: Version }) {
  const { session } = useDesk();
  const refs = useStore(session.refs);
  const shown = useStore(session.shown);
  const branches = refs.branches.filter((ref) => ref.version === version.id);
  const tags = refs.tags.filter((ref) => ref.version === version.id);
  return (
    <>
      {branches.map((ref) => (
        <span key={ref.name} className={`badge ${ref.name === shown.branch ? 'accent' : ''}`}>
          {ref.name}
        </span>
      ))}
      {tags.map((ref) => (
        <span key={ref.name} className="badge warn">
          {ref.name}
        </span>
      ))}
    </>
  );
}

/** Brings the versions before those that are listed, where there are any. */
function Older() {
  const { session } = useDesk();
  const more = useStore(session.history.more);
  const [busy, setBusy] = useState(false);
  if (!more) return null;
  const load = () => {
    setBusy(true);
    session.history
      .older()
      .catch(failed('Older versions were not loaded'))
      .finally(() => setBusy(false));
  };
  return (
    <button type="button" className="bare older" disabled={busy} onClick={load}>
      {busy ? 'Loading…' : 'Older…'}
    </button>
  );
}

export function VersionsView() {
  const desk = useDesk();
  const { session } = desk;
  const versions = useStore(session.versions);
  const shown = useStore(session.shown);
  const compared = useStore(session.compared);
  const [marked, setMarked] = useState<string>();
  const list = useRef<HTMLDivElement>(null);
  const rows = useMemo(() => layOut(versions), [versions]);
  const { rows: drawn } = useWindow(list, rows.length, ROW);
  const width = useMemo(() => {
    const lanes = rows.slice(0, 300).flatMap((row) => [row.lane, ...row.through, ...row.down]);
    return 18 + Math.max(0, ...lanes) * LANE;
  }, [rows]);
  if (rows.length === 0) return <p className="empty">No version yet: the first change makes one.</p>;
  return (
    <div className="scroll versions" ref={list}>
      {marked && (
        <div className="pane-bar">
          <span>
            Marked <span className="mono">{marked.slice(0, 8)}</span>
          </span>
          <button
            type="button"
            className="bare"
            disabled={marked === shown.version}
            onClick={() => compare(desk, marked, shown.version)}
          >
            Compare with the shown one
          </button>
          <button type="button" className="bare" onClick={() => setMarked(undefined)}>
            Unmark
          </button>
        </div>
      )}
      <table className="grid" aria-label="Versions" aria-rowcount={rows.length}>
        <tbody>
          {drawn.map((one) => {
            if ('gap' in one) return <tr key={`gap ${one.before}`} style={{ height: one.gap * ROW }} />;
            const row = rows[one.at] as GraphRow;
            const { version } = row;
            const menu = (x: number, y: number) => openMenu(x, y, versionMenu(desk, version, marked));
            return (
              <tr
                key={version.id}
                aria-rowindex={one.at + 1}
                aria-selected={version.id === shown.version}
                onClick={() => setMarked(version.id)}
                onDoubleClick={() => void session.show(shown.branch, version.id).catch(failed('Not shown'))}
                onContextMenu={(event) => {
                  event.preventDefault();
                  menu(event.clientX, event.clientY);
                }}
              >
                <td className="graph" style={{ width }}>
                  <Lines row={row} width={width} />
                </td>
                <td className="version-message">
                  <Labels version={version} />
                  {compared.includes(version.id) && <span className="badge good">in plots</span>}
                  <span>{version.message || 'no message'}</span>
                </td>
                <td className="muted">{version.author}</td>
                <td className="muted" title={new Date(version.timeMs).toLocaleString()}>
                  {since(version.timeMs) || clock(version.timeMs)}
                </td>
                <td className="mono muted">{version.id.slice(0, 8)}</td>
                <td>
                  <button
                    type="button"
                    className="bare"
                    aria-label={`What can be done with version ${version.id.slice(0, 8)}`}
                    aria-haspopup="menu"
                    onClick={(event) => {
                      event.stopPropagation();
                      const box = event.currentTarget.getBoundingClientRect();
                      menu(box.left, box.bottom);
                    }}
                  >
                    <Icon name="more" size={14} />
                  </button>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <Older />
    </div>
  );
}
