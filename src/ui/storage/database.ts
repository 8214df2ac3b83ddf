import { openDB, type DBSchema, type IDBPDatabase } from 'idb';

/** Photos by the SHA-256 of their files, and the pictures that were made. */
interface Schema extends DBSchema {
  photos: { key: string; value: StoredPhoto };
  pictures: { key: string; value: StoredPicture; indexes: { createdAt: number } };
}

export interface StoredPhoto {
  readonly sha256: string;
  readonly name: string;
  readonly blob: Blob;
}

export interface StoredPicture {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** A PNG with its settings inside: the settings are read from there, never kept twice. */
  readonly png: Blob;
}

type Database = IDBPDatabase<Schema>;

let opening: Promise<Database> | undefined;

/** The database; a refused opening is tried again at the next call. */
export function openDatabase(): Promise<Database> {
  opening ??= openDB<Schema>('relationbooth', 1, {
    upgrade(database) {
      database.createObjectStore('photos', { keyPath: 'sha256' });
      database.createObjectStore('pictures', { keyPath: 'id' }).createIndex('createdAt', 'createdAt');
    },
  }).catch((error: unknown) => {
    opening = undefined;
    throw error;
  });
  return opening;
}
