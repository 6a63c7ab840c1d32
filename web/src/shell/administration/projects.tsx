import { Store } from '../../model/store';
import { useStore } from '../../parts/use-store';
import { socket } from '../platform';
import { useLoaded } from './administration';

/** Names of projects by id; kept for the next tab that wants them. */
const names = new Store<ReadonlyMap<string, string>>(new Map());

async function load(): Promise<void> {
  const [there, trashed] = await Promise.all([
    socket.call('Project/ListProjects', { deleted: false }),
    socket.call('Project/ListProjects', { deleted: true }),
  ]);
  names.set(new Map([...trashed.projects, ...there.projects].map(({ id, name }) => [id, name])));
}

export function useProjectNames(): ReadonlyMap<string, string> {
  useLoaded(load, 15_000);
  return useStore(names);
}

/** The name of a project as a way to it; what is left of its id where it is gone for good. */
export function ProjectLink({ id, names: known }: { id: string; names: ReadonlyMap<string, string> }) {
  if (!id) return null;
  const name = known.get(id);
  return name ? (
    <a href={`#/project/${encodeURIComponent(id)}`}>{name}</a>
  ) : (
    <span className="muted mono" title={id}>
      {id.slice(0, 8)}
    </span>
  );
}
