import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import { type PhotoEdit } from '../model/editor.ts';

/** Photos by the SHA-256 of their files, the pictures that were made, and the person's own LoRA files. */
interface Schema extends DBSchema {
  photos: { key: string; value: StoredPhoto };
  pictures: { key: string; value: StoredPicture; indexes: { createdAt: number } };
  loras: { key: string; value: StoredLora };
}

export interface StoredPhoto {
  readonly sha256: string;
  readonly name: string;
  readonly blob: Blob;
  /** How it was made from another photo of this store; absent for a photo as it came in. */
  readonly edit?: PhotoEdit | undefined;
  /** A smaller one to show on the page, where the photo is large. */
  readonly display?: Blob;
}

export interface StoredPicture {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** A PNG with its settings inside: the settings are read from there, never kept twice. */
  readonly png: Blob;
}

/** Where a LoRA file came from. */
export type LoraSource =
  { readonly kind: 'file'; readonly name: string } | { readonly kind: 'url'; readonly url: string };

export interface StoredLora {
  /** Readable, and of its content: requests and pictures name it by this. */
  readonly id: string;
  readonly sha256: string;
  readonly title: string;
  /** What it was trained for, as its file says; empty if it does not. */
  readonly purpose: string;
  readonly source: LoraSource;
  /** The safetensors file. */
  readonly blob: Blob;
}

type Database = IDBPDatabase<Schema>;

let opening: Promise<Database> | undefined;

/** The database; a refused opening is tried again at the next call. */
export function openDatabase(): Promise<Database> {
  opening ??= openDB<Schema>('relationbooth', 2, {
    upgrade(database, oldVersion) {
      if (oldVersion < 1) {
        database.createObjectStore('photos', { keyPath: 'sha256' });
        database.createObjectStore('pictures', { keyPath: 'id' }).createIndex('createdAt', 'createdAt');
      }
      if (oldVersion < 2) database.createObjectStore('loras', { keyPath: 'id' });
    },
  }).catch((error: unknown) => {
    opening = undefined;
    throw error;
  });
  return opening;
}
