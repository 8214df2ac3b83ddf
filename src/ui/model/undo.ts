import { type Editor } from './editor.ts';
import { applyPatch, diffEditors, joinDiffs, type EditorDiff } from './editor-diff.ts';

/** Names a step for the person ("Undo: move box") and for merging. */
export const MARKS = [
  'add-object',
  'remove-object',
  'photo',
  'phrase',
  'weight',
  'box',
  'boxes',
  'order',
  'lock',
  'prompt',
  'relation',
  /** The RelationLoRA followed the prompt by itself. */
  'follow',
  'setting',
  'seed',
  'size',
  'example',
  'restore',
] as const;
export type MarkKind = (typeof MARKS)[number];

export interface Mark {
  readonly kind: MarkKind;
  /** Edits in a row with equal keys are one step, as the moves of one drag or the letters of one word run. */
  readonly mergeKey?: string;
}

export interface Step extends Mark {
  readonly diff: EditorDiff;
}

export interface UndoStack {
  readonly past: readonly Step[];
  readonly future: readonly Step[];
  /** True after a gesture ended: the next edit starts a step of its own. */
  readonly sealed: boolean;
}

/** Enough for a long session; a step holds only what it changed. */
const MOST_STEPS = 300;

export const emptyUndo: UndoStack = { past: [], future: [], sealed: true };

/** The stack after `before` became `after`. An edit that changes nothing leaves the stack as it is. */
export function record(stack: UndoStack, before: Editor, after: Editor, mark: Mark): UndoStack {
  const diff = diffEditors(before, after);
  if (diff === null) return stack;
  const last = stack.past.at(-1);
  const goesOn = !stack.sealed && mark.mergeKey !== undefined;
  if (goesOn && last?.mergeKey === mark.mergeKey) {
    const joined: Step = { ...last, diff: joinDiffs(last.diff, diff) };
    return { past: [...stack.past.slice(0, -1), joined], future: [], sealed: false };
  }
  return { past: [...stack.past, { ...mark, diff }].slice(-MOST_STEPS), future: [], sealed: false };
}

export function seal(stack: UndoStack): UndoStack {
  return stack.sealed ? stack : { ...stack, sealed: true };
}

export interface Travel {
  /** What was taken back or done again. */
  readonly kind: MarkKind;
  readonly editor: Editor;
  readonly stack: UndoStack;
}

/** One step back; null at the start. */
export function undo(stack: UndoStack, editor: Editor): Travel | null {
  const step = stack.past.at(-1);
  if (step === undefined) return null;
  return {
    kind: step.kind,
    editor: applyPatch(editor, step.diff.before),
    stack: { past: stack.past.slice(0, -1), future: [step, ...stack.future], sealed: true },
  };
}

/** One step forward; null at the end. */
export function redo(stack: UndoStack, editor: Editor): Travel | null {
  const [step, ...future] = stack.future;
  if (step === undefined) return null;
  return {
    kind: step.kind,
    editor: applyPatch(editor, step.diff.after),
    stack: { past: [...stack.past, step], future, sealed: true },
  };
}
