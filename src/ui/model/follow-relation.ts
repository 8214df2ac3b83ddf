import { type Box } from '../../shared/request.ts';
import { type RelationLoraEntry } from '../../weights/pack-manifest.ts';
import { startingBox, withBox, type Editor, type EditorLora } from './editor.ts';
import { adoptLora } from './loras.ts';
import { loraFor, type RelationIdea } from './relations.ts';

/** What is known of relations: those of the data engine, and the RelationLoRAs of the open pack. */
export interface KnownRelations {
  readonly ideas: readonly RelationIdea[];
  readonly loras: readonly RelationLoraEntry[];
}

/** The prompt names one relation, and the picture would be drawn with the RelationLoRA of another. */
export interface Mismatch {
  readonly named: RelationIdea;
  readonly used: RelationLoraEntry;
  /** The RelationLoRA that suits the prompt; undefined where the pack has none. */
  readonly suitable: RelationLoraEntry | undefined;
}

/** Where words and RelationLoRA part, or null. Several stacked relations suit a prompt that names one of them. */
export function mismatchOf(
  { loras }: Editor,
  named: RelationIdea | null,
  known: readonly RelationLoraEntry[],
): Mismatch | null {
  if (named === null) return null;
  const inUse = loras.filter(({ on }) => on).map(({ id }) => id);
  if (inUse.includes(named.id)) return null;
  const used = inUse.map((id) => known.find((lora) => lora.id === id)).find((lora) => lora !== undefined);
  return used === undefined ? null : { named, used, suitable: loraFor(named, known) };
}

/**
 * The editor with the RelationLoRA that suits the relation the prompt names, null for none of both. Boxes
 * that nobody drew by hand follow. Null when there is nothing to change.
 */
export function followRelation(
  editor: Editor,
  named: RelationIdea | null,
  { ideas, loras }: KnownRelations,
): Editor | null {
  const id = named === null ? '' : (loraFor(named, loras)?.id ?? '');
  const followed = lorasWith(editor.loras, id, (one) => loras.some((lora) => lora.id === one));
  if (followed === null) return null;
  const boxes = named !== null && standsAsProposed(editor, ideas) ? named.boxes : [];
  const objects =
    boxes.length === editor.objects.length
      ? editor.objects.map((object, index) => withBox(object, boxes[index]))
      : editor.objects;
  return { ...editor, loras: followed, objects };
}

/** The stack with that RelationLoRA first, the empty id for none; null when it is like that already. */
function lorasWith(
  stack: readonly EditorLora[],
  id: string,
  ofPack: (id: string) => boolean,
): readonly EditorLora[] | null {
  const [first] = stack;
  if (id === '') return first === undefined || !ofPack(first.id) ? null : adoptLora(stack, id, ofPack);
  return stack.some((lora) => lora.on && lora.id === id) ? null : adoptLora(stack, id, ofPack);
}

/** True while the boxes are where a relation or the app itself put them. */
function standsAsProposed({ objects }: Editor, ideas: readonly RelationIdea[]): boolean {
  const equals = (boxes: readonly Box[]): boolean =>
    boxes.length === objects.length &&
    objects.every(({ box }, index) => box.every((side, corner) => side === boxes[index]?.[corner]));
  return equals(objects.map((_, index) => startingBox(index))) || ideas.some((idea) => equals(idea.boxes));
}
