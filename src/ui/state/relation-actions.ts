import { findRelation } from '../../shared/find-relation.ts';
import { type RelationLoraEntry } from '../../weights/pack-manifest.ts';
import { type Editor } from '../model/editor.ts';
import { verbsOf } from '../model/language-service.ts';
import { adoptLora } from '../model/loras.ts';
import { markPhrases, withArticle } from '../model/phrases.ts';
import { loraFor, type RelationIdea } from '../model/relations.ts';
import { store } from './app-state.ts';
import { edit } from './edit-actions.ts';

/** The RelationLoRAs of the open pack; none before it is open. */
export function packLoras(): readonly RelationLoraEntry[] {
  const { engine } = store.getState();
  return engine.kind === 'ready' ? engine.manifest.relationLoras : [];
}

/** An idea's RelationLoRA and boxes, as one step. The prompt stays. */
export function adoptRelation(idea: RelationIdea): void {
  const known = packLoras();
  const lora = loraFor(idea, known);
  edit({ kind: 'relation' }, (editor) => ({
    ...editor,
    loras: adoptLora(editor.loras, lora?.id ?? '', (id) => known.some((one) => one.id === id)),
    objects: editor.objects.map((object, index) => ({ ...object, box: idea.boxes[index] ?? object.box })),
  }));
  store.setState({ suggestion: null });
}

/** An idea with its words too: the scene behind the objects stays as it was written. */
export function startFromRelation(idea: RelationIdea): void {
  adoptRelation(idea);
  edit({ kind: 'relation' }, (editor) => {
    const phrases = editor.objects.slice(0, idea.boxes.length).map(({ phrase }) => phrase.trim());
    const [first, second] = phrases;
    if (first === undefined || phrases.includes('')) return editor;
    const scene = editor.prompt.slice(
      markPhrases(editor.prompt, phrases).at(-1)?.end ?? editor.prompt.length,
    );
    const others = second === undefined ? '' : ` ${withArticle(second)}`;
    return { ...editor, prompt: `${withArticle(first)} ${idea.predicate}${others}${scene}` };
  });
}

/** The last relation that was found and answered, so that it is offered once. */
let answered: string | null = null;

export function declineSuggestion(): void {
  store.setState({ suggestion: null });
}

/** Looks for a relation in the prompt and offers its LoRA and boxes, unless they are in use already. */
export async function lookForRelation(prompt: string): Promise<void> {
  const verbs = await verbsOf(prompt);
  const { editor, ideas } = store.getState();
  // Written on since: the newer text has its own look.
  if (editor.prompt !== prompt) return;
  const loras = packLoras();
  const known = ideas.map((idea) => ({
    ...idea,
    predicates: [...idea.predicates, ...(loraFor(idea, loras)?.predicates ?? [])],
  }));
  const found = findRelation(prompt, verbs, known);
  if (found === null) {
    answered = null;
    declineSuggestion();
    return;
  }
  if (found.id === answered) return;
  answered = found.id;
  store.setState({ suggestion: bringsSomething(found, editor) ? found : null });
}

/** Whether the idea would change anything: its LoRA is not in use yet, or, without one, its boxes are not. */
function bringsSomething(idea: RelationIdea, editor: Editor): boolean {
  if (idea.boxes.length > editor.objects.length) return false;
  const lora = loraFor(idea, packLoras());
  if (lora !== undefined) return !editor.loras.some(({ id, on }) => on && id === lora.id);
  return idea.boxes.some((box, index) => {
    const current = editor.objects[index]?.box ?? [];
    return box.some((side, corner) => side !== current[corner]);
  });
}
