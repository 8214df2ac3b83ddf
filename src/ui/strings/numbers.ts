import { bytesIn } from '../model/bytes.ts';
import { numberIn } from '../model/numbers.ts';
import { store } from '../state/app-state.ts';
import { languageOf } from './index.ts';

/** Numbers in the language in use; components that show them render again when it changes, for their words' sake. */
export function formatNumber(value: number, digits = 0): string {
  return numberIn(languageOf(store.getState().preferences), value, digits);
}

/** Bytes in the language in use. */
export function formatBytes(bytes: number): string {
  return bytesIn(languageOf(store.getState().preferences), bytes);
}
