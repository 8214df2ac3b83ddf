import { useStore } from 'zustand';
import { store, type AppState } from './app-state.ts';

/** A component's narrow view of the state: it renders again only when this value changes. */
export function useApp<Value>(selector: (state: AppState) => Value): Value {
  return useStore(store, selector);
}
