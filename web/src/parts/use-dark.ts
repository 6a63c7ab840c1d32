import { useSyncExternalStore } from 'react';

const isDark = () => document.documentElement.dataset.mantineColorScheme === 'dark';

function subscribe(listener: () => void): () => void {
  const observer = new MutationObserver(listener);
  observer.observe(document.documentElement, { attributeFilter: ['data-mantine-color-scheme'] });
  return () => observer.disconnect();
}

/** True in the dark theme; for what is drawn on a canvas, where style sheets do not reach. */
export function useDark(): boolean {
  return useSyncExternalStore(subscribe, isDark);
}
