import { Button } from '@mantine/core';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { Failure } from '../../contract';
import { FailureText } from '../../parts/dialog';
import { useStore } from '../../parts/use-store';
import { failureOf } from '../../transport';
import { LinkMark, PageHeader } from '../header';
import { go, user } from '../platform';
import { Groups } from './groups';
import { Audit, Logs } from './logs';
import { Runs } from './runs';
import { Site } from './services';
import { Sessions } from './sessions';
import { Users } from './users';

const TABS: [string, string, () => React.ReactNode][] = [
  ['users', 'Users', () => <Users />],
  ['groups', 'Groups', () => <Groups />],
  ['site', 'Services and load', () => <Site />],
  ['sessions', 'Sessions', () => <Sessions />],
  ['runs', 'Runs', () => <Runs />],
  ['logs', 'Logs', () => <Logs />],
  ['audit', 'Record', () => <Audit />],
];

/** Loads something, again every few seconds where asked for. */
export function useLoaded<T>(
  load: () => Promise<T>,
  everyMs = 0,
): { data: T | undefined; failure: Failure | undefined; reload: () => void } {
  const [data, setData] = useState<T>();
  const [failure, setFailure] = useState<Failure>();
  const [kept] = useState(() => load);
  const asked = useRef(0);
  const reload = useCallback(() => {
    const turn = ++asked.current;
    kept()
      .then((found) => {
        if (turn !== asked.current) return;
        setData(found);
        setFailure(undefined);
      })
      .catch((error) => setFailure(failureOf(error)));
  }, [kept]);
  useEffect(() => {
    reload();
    if (!everyMs) return;
    const timer = setInterval(() => document.visibilityState === 'visible' && reload(), everyMs);
    return () => clearInterval(timer);
  }, [reload, everyMs]);
  return { data, failure, reload };
}

export function Administration({ tab }: { tab: string }) {
  const who = useStore(user);
  const chosen = TABS.find(([name]) => name === tab) ?? TABS[0];
  return (
    <div className="page">
      <PageHeader>
        <a href="#/">Projects</a>
        <a href="#/administration/users" aria-current="page">
          Administration
        </a>
      </PageHeader>
      <main className="overview">
        <div className="overview-bar">
          <h1>Administration</h1>
          <div className="filters" role="tablist" aria-label="Administration">
            {TABS.map(([name, label]) => (
              <button
                key={name}
                type="button"
                role="tab"
                aria-selected={chosen?.[0] === name}
                onClick={() => go({ page: 'administration', tab: name })}
              >
                {label}
              </button>
            ))}
          </div>
        </div>
        {who?.administrator ? (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard
          <section className="overview-list" key={chosen?.[0]} aria-label={chosen?.[1]} tabIndex={0}>
            {chosen?.[2]()}
          </section>
        ) : (
          <div className="empty">
            <FailureText failure={{ ...failureOf(new Error('Only administrators of the site may see this.')) }} />
            <Button mt="md" onClick={() => go({ page: 'overview' })}>
              All projects
            </Button>
          </div>
        )}
      </main>
      <footer className="status">
        <LinkMark />
      </footer>
    </div>
  );
}
