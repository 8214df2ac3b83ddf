import { createStore } from 'zustand/vanilla';
import { type GenerationRequest } from '../../shared/request.ts';
import { type DeviceReport } from '../../gpu/runtime/runtime.ts';
import { type PackSummary } from '../../workers/protocol.ts';
import { type CutText, type Preview } from '../../gpu/pipeline/types.ts';
import { initialEditor, type Editor } from '../model/editor.ts';
import { type QueueEntry } from '../model/queue.ts';
import { type RelationIdea } from '../model/relations.ts';
import { type Progress, type StepClock } from '../model/time-left.ts';
import { emptyUndo, type Step, type UndoStack } from '../model/undo.ts';
import { type StoredLora } from '../storage/database.ts';
import { initialPreferences, type Preferences } from './preferences.ts';

/**
 * | field         | kept between visits                                              |
 * | ------------- | ---------------------------------------------------------------- |
 * | `editor`      | yes, localStorage, parsed on load (photos: IndexedDB by SHA-256) |
 * | `undo`        | no: a new visit starts clean                                     |
 * | `preferences` | yes, localStorage                                                |
 * | `pictures`    | yes, IndexedDB                                                   |
 * | `selection`, `mix`, `shown`, `viewer`, `photoTool` | no                          |
 * | `installedLoras` | yes, IndexedDB                                               |
 * | `engine`, `job`, `queue`, `readyLoras` | no: the engine starts anew              |
 * | `ideas`, `named`, `suggestion` | no: built from the data engine and the prompt         |
 * | `notices`, `longWait` | no                                                            |
 */
export interface AppState {
  readonly editor: Editor;
  readonly undo: UndoStack;
  readonly preferences: Preferences;
  /** Id of the selected object. */
  readonly selection: string | null;
  /** 0 shows the boxes alone, 1 the picture alone. */
  readonly mix: number;
  readonly engine: EngineState;
  readonly job: Job;
  /** What was asked for after the job, next first. */
  readonly queue: readonly QueueEntry[];
  /** The picture on the canvas, with the settings that made it. */
  readonly shown: Picture | null;
  /** Whether the stage shows the picture alone, to look at closely. */
  readonly viewer: Viewer;
  /** The object whose photo is being cropped or cut out. */
  readonly photoTool: { readonly objectId: string; readonly tool: PhotoTool } | null;
  /** Newest first. */
  readonly pictures: readonly Picture[];
  /** LoRA files that were dropped or fetched, in this visit or before. */
  readonly installedLoras: readonly InstalledLora[];
  /** LoRAs that the engine has read and checked since it opened the pack. */
  readonly readyLoras: ReadonlySet<string>;
  readonly ideas: readonly RelationIdea[];
  /** The relation that the prompt was last found to name, and the prompt that was read. */
  readonly named: { readonly prompt: string; readonly idea: RelationIdea | null } | null;
  /** A relation found in the prompt, waiting for yes or no. */
  readonly suggestion: RelationIdea | null;
  readonly notices: readonly Notice[];
  /** Seconds of a wait that the person is asked about. */
  readonly longWait: number | null;
}

export type EngineState =
  | { readonly kind: 'starting' }
  | {
      readonly kind: 'ready';
      /** The folder of the open pack, as requests name it. */
      readonly pack: string;
      readonly manifest: PackSummary;
      readonly device: DeviceReport;
    }
  | { readonly kind: 'failed'; readonly pack: string; readonly message: string };

/** One run, from its turn in the queue to its end. */
export type Job =
  | { readonly kind: 'idle' }
  | {
      readonly kind: 'running';
      readonly request: GenerationRequest;
      readonly progress: Progress;
      readonly clock: StepClock | null;
      readonly preview: Preview | null;
      readonly cancelling: boolean;
    }
  | { readonly kind: 'cancelled'; readonly preview: Preview | null; readonly atStep: number }
  /** Something is missing in the editor; it says what, live. */
  | { readonly kind: 'blocked' }
  | {
      readonly kind: 'failed';
      /** What to try again; null when the settings made no request. */
      readonly request: GenerationRequest | null;
      readonly message: string;
      readonly retryable: boolean;
    }
  | { readonly kind: 'done'; readonly seconds: number; readonly cutTexts: readonly CutText[] };

/** A LoRA file of the person, without its bytes. */
export type InstalledLora = Omit<StoredLora, 'blob'> & { readonly byteLength: number };

export interface Picture {
  readonly id: string;
  readonly createdAt: number;
  readonly request: GenerationRequest;
  /** A PNG with its settings inside. */
  readonly png: Blob;
  readonly url: string;
}

export type Viewer =
  | { readonly kind: 'closed' }
  | {
      readonly kind: 'open';
      /** The picture beside the shown one: the one made before it, or one that was chosen. */
      readonly compare:
        | { readonly kind: 'off' }
        | { readonly kind: 'previous' }
        | { readonly kind: 'chosen'; readonly id: string };
    };

export const PHOTO_TOOLS = ['crop', 'cut-out'] as const;
export type PhotoTool = (typeof PHOTO_TOOLS)[number];

export interface Notice {
  readonly id: number;
  readonly tone: 'info' | 'error';
  readonly text: string;
  /** The step that it offers to take back, as long as that is the last one. */
  readonly undoes: Step | null;
}

export const store = createStore<AppState>()(() => ({
  editor: initialEditor(),
  undo: emptyUndo,
  preferences: initialPreferences,
  selection: null,
  mix: 0,
  engine: { kind: 'starting' },
  job: { kind: 'idle' },
  queue: [],
  shown: null,
  viewer: { kind: 'closed' },
  photoTool: null,
  pictures: [],
  installedLoras: [],
  readyLoras: new Set<string>(),
  ideas: [],
  named: null,
  suggestion: null,
  notices: [],
  longWait: null,
}));
