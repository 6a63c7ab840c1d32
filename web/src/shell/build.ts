// Whether the site has a newer client than this page: asked whenever the connection comes back, when somebody returns to
// the window, and now and then. The answer's date tells how far this computer's clock is off, too.
import { setClock } from '../model/clock';
import { Store } from '../model/store';

/** True once the site has another client than this page. */
export const outdated = new Store(false);

const EVERY_MS = 15 * 60_000;

/** Name of this page's build; empty where it is served for development. */
function own(): string {
  const name = document.querySelector('meta[name="opentwin-build"]')?.getAttribute('content') ?? '';
  return /^[0-9a-f]+$/.test(name) ? name : '';
}

export async function look(): Promise<void> {
  try {
    const answer = await fetch('/build.json', { cache: 'no-store' });
    if (!answer.ok) return;
    setClock(Date.parse(answer.headers.get('date') ?? ''));
    const { build } = (await answer.json()) as { build?: unknown };
    if (own() && typeof build === 'string' && build !== own()) outdated.set(true);
  } catch {
    // Not reachable: the next connection asks again.
  }
}

export function watchBuild(): void {
  void look();
  setInterval(() => void look(), EVERY_MS);
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && void look());
  // A part of the client that was to be loaded is no more: the site has another one by now.
  window.addEventListener('vite:preloadError', (event) => {
    event.preventDefault();
    outdated.set(true);
  });
}
