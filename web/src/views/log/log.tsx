// Output: what runs and services say of this project, live, filtered by level.
import { useEffect, useMemo, useRef, useState } from 'react';
import type { LogRecord } from '../../contract';
import type { LogLine } from '../../model/project/runs';
import { clock } from '../../parts/files';
import { useStore } from '../../parts/use-store';
import { useDesk } from '../../shell/workspace/context';
import { CallError } from '../../transport';

const LEVELS = ['ERROR', 'WARN', 'INFO', 'DEBUG', 'TRACE'];
const KEPT = 3000;
/** Lines of the same words within this are one. */
const SAME_MS = 10_000;

function lineOf(record: LogRecord): LogLine {
  return { timeMs: record.timeMs, level: record.level, text: record.message, source: record.service };
}

/** Lines of the central log about this project: the newest ones, then live. */
function useCentralLog(level: string): readonly LogLine[] {
  const { session } = useDesk();
  const [lines, setLines] = useState<readonly LogLine[]>([]);
  useEffect(() => {
    const stop = new AbortController();
    let after = 0;
    setLines([]);
    const add = (records: LogRecord[]) => {
      for (const record of records) after = Math.max(after, record.number);
      setLines((old) => [...old, ...records.map(lineOf)].slice(-KEPT));
    };
    const follow = async () => {
      const query = { project: session.project, level, limit: 300 };
      const { signal } = stop;
      const first = await session.socket.call('Logger/Query', query, { signal }).catch(() => undefined);
      if (first) {
        add([...first.records].reverse());
        after = Math.max(after, first.latest);
      }
      while (!signal.aborted) {
        try {
          await session.socket.stream('Logger/Tail', { ...query, after }, (record) => add([record]), {
            signal,
            again: false,
          });
        } catch (error) {
          // Without a logger the output of runs is still there.
          if (error instanceof CallError && !error.failure.retryable) return;
        }
        await new Promise((resolve) => setTimeout(resolve, 2000));
      }
    };
    void follow();
    return () => stop.abort();
  }, [session, level]);
  return lines;
}

/** A run's lines come from the run at once, and from the log a moment later: those of the log are kept. */
function once(own: readonly LogLine[], central: readonly LogLine[]): LogLine[] {
  const logged = new Map<string, number[]>();
  for (const line of central) logged.set(line.text, [...(logged.get(line.text) ?? []), line.timeMs]);
  return own.filter((line) => !logged.get(line.text)?.some((time) => Math.abs(time - line.timeMs) < SAME_MS));
}

export function LogView() {
  const { session } = useDesk();
  const own = useStore(session.log);
  const [level, setLevel] = useState('INFO');
  const [text, setText] = useState('');
  const central = useCentralLog(level);
  const [follow, setFollow] = useState(true);
  const end = useRef<HTMLDivElement>(null);
  const shown = useMemo(() => {
    const worst = LEVELS.indexOf(level);
    const wanted = text.toLowerCase();
    return [...once(own, central), ...central]
      .filter(
        (line) => LEVELS.indexOf(line.level) <= worst && `${line.source} ${line.text}`.toLowerCase().includes(wanted),
      )
      .sort((a, b) => a.timeMs - b.timeMs)
      .slice(-1000);
  }, [own, central, level, text]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: scrolls when lines are added
  useEffect(() => {
    if (follow) end.current?.scrollIntoView({ block: 'end' });
  }, [shown, follow]);
  return (
    <div className="log">
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
          type="search"
          aria-label="Search the output"
          placeholder="Search"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <label className="check">
          <input type="checkbox" checked={follow} onChange={(event) => setFollow(event.currentTarget.checked)} /> Follow
        </label>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard */}
      <div className="scroll log-lines mono" role="log" aria-label="Output" tabIndex={0}>
        {shown.map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines have no number of their own
          <div key={index} className={`log-line ${line.level}`}>
            <time>{clock(line.timeMs)}</time>
            <span className="level">{line.level}</span>
            <span className="source">{line.source}</span>
            <span>{line.text}</span>
          </div>
        ))}
        <div ref={end} />
      </div>
    </div>
  );
}
