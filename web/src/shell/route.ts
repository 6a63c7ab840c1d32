// Addresses of pages, as the part after `#`: a project, a version and a view can be sent to somebody.

export type Route = { page: 'overview' } | ProjectRoute | { page: 'administration'; tab: string };

export interface ProjectRoute {
  page: 'project';
  project: string;
  branch: string;
  version: string;
  /** Kind and path of a view, such as `series:results/t`; empty for the model. */
  view: string;
  select: string;
}

export function readRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?');
  const parts = path.split('/').filter(Boolean).map(decode);
  const words = new URLSearchParams(query);
  if (parts[0] === 'project' && parts[1]) {
    return {
      page: 'project',
      project: parts[1],
      branch: words.get('branch') || 'main',
      version: words.get('version') ?? '',
      view: words.get('view') ?? '',
      select: words.get('select') ?? '',
    };
  }
  if (parts[0] === 'administration') return { page: 'administration', tab: parts[1] ?? 'users' };
  return { page: 'overview' };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function writeRoute(route: Route): string {
  if (route.page === 'overview') return '#/';
  if (route.page === 'administration') return `#/administration/${encodeURIComponent(route.tab)}`;
  const words = new URLSearchParams();
  if (route.branch && route.branch !== 'main') words.set('branch', route.branch);
  if (route.version) words.set('version', route.version);
  if (route.view) words.set('view', route.view);
  if (route.select) words.set('select', route.select);
  const query = words.toString();
  return `#/project/${encodeURIComponent(route.project)}${query ? `?${query}` : ''}`;
}

/** A view as it stands in an address. */
export function writeView(view: string, path: string): string {
  return `${view}:${path}`;
}

/** The kind of a view, empty where the address names none, and the path of its entity. */
export function readView(text: string): { view: string; path: string } {
  const [, view = '', path = ''] = /^(?:([a-z][a-z0-9-]*):)?(.*)$/s.exec(text) ?? [];
  return { view, path };
}

/** The route of a project's newest version on `main`. */
export function projectRoute(project: string): Route {
  return { page: 'project', project, branch: 'main', version: '', view: '', select: '' };
}
