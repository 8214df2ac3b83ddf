import { type Editor, type EditorObject } from './editor.ts';

const FIELDS = [
  'stack',
  'prompt',
  'negativePrompt',
  'loras',
  'relationFollows',
  'fewSteps',
  'steps',
  'sampler',
  'guidance',
  'identityScale',
  'localTokens',
  'seed',
  'seedLocked',
  'width',
  'height',
  'batch',
  'pack',
  'tunedFor',
] as const satisfies readonly Exclude<keyof Editor, 'objects'>[];

type Fields = { -readonly [Key in (typeof FIELDS)[number]]?: Editor[Key] };

/** One direction of a change: only what differs. `order` is there when objects came, went or moved. */
export interface EditorPatch {
  readonly fields: Readonly<Fields>;
  readonly objects: ReadonlyMap<string, EditorObject>;
  readonly order: readonly string[] | null;
}

export interface EditorDiff {
  readonly before: EditorPatch;
  readonly after: EditorPatch;
}

type Field = (typeof FIELDS)[number];

function copyField<Key extends Field>(key: Key, value: Editor[Key], into: Fields): void {
  into[key] = value;
}

function patchTowards(target: Editor, other: Editor): EditorPatch {
  const fields: Fields = {};
  for (const key of FIELDS) if (target[key] !== other[key]) copyField(key, target[key], fields);
  const others = new Map(other.objects.map((object) => [object.id, object]));
  const changed = target.objects.filter((object) => others.get(object.id) !== object);
  const order = target.objects.map((object) => object.id);
  const sameOrder =
    order.length === other.objects.length && order.every((id, index) => other.objects[index]?.id === id);
  return {
    fields,
    objects: new Map(changed.map((object) => [object.id, object])),
    order: sameOrder ? null : order,
  };
}

/** What changed between two editors, both ways; null when nothing did. */
export function diffEditors(before: Editor, after: Editor): EditorDiff | null {
  const forward = patchTowards(after, before);
  const backward = patchTowards(before, after);
  const empty = (patch: EditorPatch): boolean =>
    patch.objects.size === 0 && patch.order === null && Object.keys(patch.fields).length === 0;
  return empty(forward) && empty(backward) ? null : { before: backward, after: forward };
}

/** The editor with a patch applied; the rest is shared with the given one. */
export function applyPatch(editor: Editor, patch: EditorPatch): Editor {
  const current = new Map([
    ...editor.objects.map((object) => [object.id, object] as const),
    ...patch.objects,
  ]);
  const ids = patch.order ?? editor.objects.map((object) => object.id);
  const objects = ids.flatMap((id) => {
    const object = current.get(id);
    return object === undefined ? [] : [object];
  });
  return { ...editor, ...patch.fields, objects };
}

/** Two changes made one after the other, as one. */
export function joinDiffs(first: EditorDiff, second: EditorDiff): EditorDiff {
  return { before: joinPatches(second.before, first.before), after: joinPatches(first.after, second.after) };
}

/** `late` wins over `early`. */
function joinPatches(early: EditorPatch, late: EditorPatch): EditorPatch {
  return {
    fields: { ...early.fields, ...late.fields },
    objects: new Map([...early.objects, ...late.objects]),
    order: late.order ?? early.order,
  };
}
