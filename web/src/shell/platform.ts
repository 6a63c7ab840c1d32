// What lives as long as the page: the socket, who is logged in, where the user is, the theme.
import type { Site, User, WelcomeReply } from '../contract';
import { claim, type Locks } from '../model/project/keep';
import { Store } from '../model/store';
import { closeDialogs } from '../parts/dialog';
import { notify } from '../parts/notices';
import { CallError, logOut, post, Socket, type Wire, welcome } from '../transport';
import { look, watchBuild } from './build';
import { type Route, readRoute, writeRoute } from './route';

export const user = new Store<User | undefined>(undefined);
/** Undefined until the first answer tells whether there is a login. */
export const known = new Store(false);
export const site = new Store<Site | undefined>(undefined);
/** What the site says to anybody: whether it is new, and how large a file may be. */
export const greeting = new Store<WelcomeReply | undefined>(undefined);
export const route = new Store<Route>(readRoute(window.location.hash));
/** Where the user asked to go: by a link, or back and forth. What the page itself notes of its place is not in here. */
export const asked = new Store<Route>(route.get());

/** Names this window to others in a project; a second tab is another client. */
export const client = crypto.randomUUID();

function address(): string {
  const { protocol, host } = window.location;
  return `${protocol === 'https:' ? 'wss' : 'ws'}://${host}/api/v1/socket`;
}

async function whoAmI(): Promise<User | undefined> {
  try {
    return await post('Authorization/WhoAmI', {});
  } catch (error) {
    if (error instanceof CallError && ['auth.failed', 'auth.expired', 'auth.required'].includes(error.code))
      return undefined;
    throw error;
  }
}

export const socket = new Socket({
  open: () => new WebSocket(address()) as unknown as Wire,
  // In another tab somebody else may have logged in: what is kept here is none of theirs.
  signedIn: async () => (await whoAmI())?.id === user.get()?.id,
});

export function enter(who: User): void {
  greeting.update((last) => last && { ...last, firstStart: false });
  user.set(who);
  known.set(true);
  socket.start();
  socket
    .call('GlobalSession/GetSite', {})
    .then((found) => site.set(found))
    .catch(() => undefined);
}

export function leave(message = ''): void {
  // What stands in a field is taken while there is something to take it.
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  socket.stop();
  user.set(undefined);
  // They belong to a project that is closed now; what was typed there is kept.
  closeDialogs();
  if (message) notify('info', message);
}

export async function signOut(): Promise<void> {
  await logOut().catch(() => undefined);
  leave();
  go({ page: 'overview' });
}

export function go(to: Route): void {
  window.location.hash = writeRoute(to);
}

/** Changes the address; with a step that the user can go back. */
export function note(to: Route, step = false): void {
  if (step) window.history.pushState(null, '', writeRoute(to));
  else window.history.replaceState(null, '', writeRoute(to));
  route.set(to);
}

function placeOf(where: Route): string {
  return where.page === 'project' ? where.project : where.page;
}

export async function start(): Promise<void> {
  claim(client, (navigator as { locks?: Locks }).locks);
  watchBuild();
  window.addEventListener('hashchange', () => {
    const next = readRoute(window.location.hash);
    if (placeOf(next) !== placeOf(route.get())) closeDialogs();
    route.set(next);
    asked.set(next);
  });
  window.addEventListener('online', () => socket.retryNow());
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && socket.retryNow());
  let before = socket.state.get().link;
  socket.state.subscribe(() => {
    const { link } = socket.state.get();
    // The platform may have been upgraded in between.
    if (link === 'open' && before !== 'open') void look();
    before = link;
    if (socket.state.get().link === 'signed-out') leave('Your login has ended. Log in again to go on where you were.');
  });
  // Without it a page works as well: the platform refuses what is too large, only later.
  void welcome().then(
    (found) => greeting.set(found),
    () => undefined,
  );
  try {
    const who = await whoAmI();
    if (who?.name) enter(who);
  } catch (error) {
    notify('bad', 'The platform does not answer', error instanceof Error ? error.message : '');
  }
  known.set(true);
}
