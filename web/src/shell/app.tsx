import { lazy, Suspense, useEffect, useState } from 'react';
import { Boundary } from '../parts/boundary';
import { DialogHost } from '../parts/dialog';
import { MenuHost } from '../parts/menu';
import { Notices } from '../parts/notices';
import { useStore } from '../parts/use-store';
import { Administration } from './administration/administration';
import { outdated } from './build';
import { Login, NewPassword } from './login';
import { Overview } from './overview/overview';
import { known, route, start, user } from './platform';

const Workspace = lazy(() => import('./workspace/workspace'));

function Page() {
  const who = useStore(user);
  const sure = useStore(known);
  const where = useStore(route);
  if (!sure) return <p className="centred">Connecting…</p>;
  if (!who) return <Login />;
  if (who.mustChangePassword) return <NewPassword name={who.name} />;
  if (where.page === 'project') {
    return (
      <Suspense fallback={<p className="centred">Loading…</p>}>
        <Workspace key={where.project} project={where.project} />
      </Suspense>
    );
  }
  return where.page === 'administration' ? <Administration tab={where.tab} /> : <Overview />;
}

/** A stale page is told, not thrown away: whoever works in it says when. */
function Outdated() {
  const old = useStore(outdated);
  const [later, setLater] = useState(false);
  if (!old || later) return null;
  return (
    <div className="outdated" role="alert">
      <span>
        The site has a newer version of this page. Reload to get it: you come back to where you are, and edits that are
        not stored yet are kept.
      </span>
      <button type="button" className="bare outlined" onClick={() => window.location.reload()}>
        Reload
      </button>
      <button type="button" className="bare" onClick={() => setLater(true)}>
        Later
      </button>
    </div>
  );
}

export function App() {
  useEffect(() => void start(), []);
  return (
    <>
      <Outdated />
      <Boundary>
        <Page />
      </Boundary>
      <DialogHost />
      <MenuHost />
      <Notices />
    </>
  );
}
