import { useSyncExternalStore } from 'react';
import type { Store } from '../model/store';

/** The value of a store; the component is drawn anew when it changes. */
export function useStore<T>(store: Store<T>): T {
  return useSyncExternalStore(store.subscribe, store.get);
}
