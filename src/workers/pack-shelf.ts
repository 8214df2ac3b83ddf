import type { WritableStore } from '../weights/stores.ts';
import type { WeightStore } from '../weights/types.ts';

/** Bytes that this site may store, as the browser estimates them. */
export interface StorageRoom {
  readonly usedBytes: number;
  readonly quotaBytes: number;
}

/** Where installed packs live, by id; in a browser its private storage, in a test memory. */
export interface PackShelf {
  list(): Promise<readonly string[]>;
  read(id: string): WeightStore;
  /** Runs `action` with the pack's folder, which is made, while nobody else installs or removes that pack. */
  withStore<T>(id: string, action: (store: WritableStore) => Promise<T>): Promise<T>;
  remove(id: string): Promise<void>;
  room(): Promise<StorageRoom>;
}
