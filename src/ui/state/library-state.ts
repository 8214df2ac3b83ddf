import { createStore } from 'zustand/vanilla';
import { useStore } from 'zustand';
import {
  type CompleteModel,
  type InstallOffer,
  type LibraryContents,
  type OfferedLora,
} from '../../workers/install-protocol.ts';
import { type LocalFolder } from '../../workers/install-basics.ts';
import { type InstallForm, OFFICIAL_FORM } from '../model/install-form.ts';
import { type Pace } from '../model/install-pace.ts';

/** Nothing of this is kept between visits: the private storage itself says what is there. */
export interface LibraryState {
  /** Null until it was looked at. */
  readonly contents: LibraryContents | null;
  /** The model that comes with the app; null until it was looked at. */
  readonly embedded: CompleteModel | null;
  readonly form: InstallForm;
  /** The folder picked last; it is gone with the page. */
  readonly folder: LocalFolder | null;
  /** Single files picked so far, by name; gone with the page as well. */
  readonly files: ReadonlyMap<string, Blob>;
  readonly offer: Offer;
  /** Installs that this page runs, by the pack's id. */
  readonly running: ReadonlyMap<string, RunningInstall>;
  /** Why an install stopped, by the pack's id. */
  readonly faults: ReadonlyMap<string, string>;
  /** LoRA files of the repository that was asked for last. */
  readonly shelf: LoraShelf;
}

export type LoraShelf =
  | { readonly kind: 'none' }
  | { readonly kind: 'asking' }
  | { readonly kind: 'ready'; readonly licence: string; readonly loras: readonly OfferedLora[] }
  | { readonly kind: 'failed'; readonly message: string };

/** What the sources of the form would cost. */
export type Offer =
  | { readonly kind: 'none' }
  | { readonly kind: 'asking' }
  | { readonly kind: 'ready'; readonly offer: InstallOffer }
  | { readonly kind: 'failed'; readonly message: string };

export interface RunningInstall {
  readonly title: string;
  readonly doneBytes: number;
  readonly totalBytes: number;
  readonly pace: Pace;
}

export const libraryStore = createStore<LibraryState>()(() => ({
  contents: null,
  embedded: null,
  form: OFFICIAL_FORM,
  folder: null,
  files: new Map<string, Blob>(),
  shelf: { kind: 'none' },
  offer: { kind: 'none' },
  running: new Map<string, RunningInstall>(),
  faults: new Map<string, string>(),
}));

/** A component's narrow view of the library: it renders again only when this value changes. */
export function useLibrary<Value>(selector: (state: LibraryState) => Value): Value {
  return useStore(libraryStore, selector);
}
