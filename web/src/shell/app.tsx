import { lazy, Suspense, useEffect } from 'react';
import { Boundary } from '../parts/boundary';
import { DialogHost } from '../parts/dialog';
import { MenuHost } from '../parts/menu';
import { Notices } from '../parts/notices';
import { useStore } from '../parts/use-store';
import { Administration } from './administration/administration';
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

export function App() {
  useEffect(() => void start(), []);
  return (
    <>
      <Boundary>
        <Page />
      </Boundary>
      <DialogHost />
      <MenuHost />
      <Notices />
    </>
  );
}
