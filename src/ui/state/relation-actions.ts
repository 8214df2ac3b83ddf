import { findRelation } from '../../shared/find-relation.ts';
import { type RelationLoraEntry } from '../../weights/pack-manifest.ts';
import { withBox, type Editor } from '../model/editor.ts';
import { followRelation } from '../model/follow-relation.ts';
import { verbsOf } from '../model/language.ts';
import { adoptLora } from '../model/loras.ts';
import { markPhrases, withArticle } from '../model/phrases.ts';
import { loraFor, type RelationIdea } from '../model/relations.ts';
import { relationName, strings } from '../strings/index.ts';
import { store } from './app-state.ts';
import { edit, endStep } from './edit-actions.ts';
import { attempt, inform } from './notices.ts';

/** The RelationLoRAs of the open pack; none before it is open. */
export function packLoras(): readonly RelationLoraEntry[] {
  const { engine } = store.getState();
  return engine.kind === 'ready' ? engine.manifest.relationLoras : [];
}

/** An idea's RelationLoRA and boxes. The prompt stays. */
function withIdea(editor: Editor, idea: RelationIdea): Editor {
  const known = packLoras();
  const lora = loraFor(idea, known);
  return {
    ...editor,
    loras: adoptLora(editor.loras, lora?.id ?? '', (id) => known.some((one) => one.id === id)),
    objects: editor.objects.map((object, index) => withBox(object, idea.boxes[index])),
  };
}

/** What suits the relation that the prompt names, as one step; it follows the prompt from now on. */
export function adoptRelation(idea: RelationIdea): void {
  edit({ kind: 'relation' }, (editor) => ({ ...withIdea(editor, idea), relationFollows: true }));
  store.setState({ suggestion: null });
}

/** An idea with its words too, as one step: the scene behind the objects stays as it was written. */
export function startFromRelation(idea: RelationIdea): void {
  edit({ kind: 'relation' }, (editor) => {
    const phrases = editor.objects.slice(0, idea.boxes.length).map(({ phrase }) => phrase.trim());
    const [first, second] = phrases;
    // Without words for the objects the prompt stays, and may name another relation.
    if (first === undefined || phrases.includes('')) {
      return { ...withIdea(editor, idea), relationFollows: false };
    }
    const scene = editor.prompt.slice(
      markPhrases(editor.prompt, phrases).at(-1)?.end ?? editor.prompt.length,
    );
    const others = second === undefined ? '' : ` ${withArticle(second)}`;
    const prompt = `${withArticle(first)} ${idea.predicate}${others}${scene}`;
    return { ...withIdea(editor, idea), prompt, relationFollows: true };
  });
  store.setState({ suggestion: null });
}

/** The last relation that was found and answered, so that it is offered once. */
let answered: string | null = null;

export function declineSuggestion(): void {
  store.setState({ suggestion: null });
}

/** The relation that a prompt names, by the words of the data engine and of the open pack; null for none. */
export async function relationIn(prompt: string): Promise<RelationIdea | null> {
  const verbs = await verbsOf(prompt);
  const loras = packLoras();
  const known = store.getState().ideas.map((idea) => ({
    idea,
    predicates: [...idea.predicates, ...(loraFor(idea, loras)?.predicates ?? [])],
  }));
  return findRelation(prompt, verbs, known)?.idea ?? null;
}

/** Looking at every letter would be wasted: a pause in writing is enough. */
const LOOK_DELAY_MS = 350;

/** Reads the prompt from now on whenever it changes, and anew when another pack knows other relations. */
export function startRelationReader(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let readable = false;
  store.subscribe(({ editor }, before) => {
    const learned = knowsRelations() && !readable;
    readable = knowsRelations();
    if (editor.prompt === before.editor.prompt && !learned) return;
    clearTimeout(timer);
    if (!readable || editor.prompt.trim() === '') return;
    timer = setTimeout(() => {
      attempt(() => lookForRelation(editor.prompt));
    }, LOOK_DELAY_MS);
  });
}

/**
 * Looks for a relation in the prompt. Its RelationLoRA comes by itself while nobody chose one by hand, else
 * it is offered with its boxes, unless they are in use already.
 */
async function lookForRelation(prompt: string): Promise<void> {
  const idea = await relationIn(prompt);
  // Written on since: the newer text has its own look.
  if (store.getState().editor.prompt !== prompt) return;
  store.setState({ named: { prompt, idea } });
  if (idea === null) {
    answered = null;
    declineSuggestion();
    return;
  }
  follow(idea);
  if (idea.id === answered) return;
  answered = idea.id;
  store.setState(({ editor }) => ({ suggestion: bringsSomething(idea, editor) ? idea : null }));
}

/**
 * Brings words and RelationLoRA together now, as far as nobody chose by hand: before a picture is made, and
 * when the prompt is left. While it is written, a relation may be missing for a moment.
 */
export async function settleRelation(): Promise<void> {
  const { editor } = store.getState();
  if (!knowsRelations() || editor.prompt.trim() === '') return;
  if (store.getState().named?.prompt !== editor.prompt) await lookForRelation(editor.prompt);
  if (store.getState().named?.idea === null) follow(null);
}

/** True when {@link settleRelation} would not have to read the prompt first. */
export function promptIsRead(): boolean {
  const { named, editor } = store.getState();
  return !knowsRelations() || named?.prompt === editor.prompt;
}

function knowsRelations(): boolean {
  const { ideas, engine } = store.getState();
  return ideas.length > 0 && engine.kind === 'ready';
}

/** True while the RelationLoRA follows the prompt: nobody chose it by hand. */
export function mayFollow(): boolean {
  const { editor, undo } = store.getState();
  // Who goes through the steps made before gets what was there, and nothing new.
  return editor.relationFollows && undo.future.length === 0;
}

/** An editor of before with what suits its words, once its prompt has been read; as it was where it was not. */
export function followed(editor: Editor): Editor {
  const { named, ideas } = store.getState();
  if (named?.prompt !== editor.prompt) return editor;
  return followRelation(editor, named.idea, { ideas, loras: packLoras() }) ?? editor;
}

/** The RelationLoRA of the prompt's relation, as a step of its own that is announced. */
function follow(idea: RelationIdea | null): void {
  if (!mayFollow()) return;
  const { editor, ideas } = store.getState();
  const loras = packLoras();
  const after = followRelation(editor, idea, { ideas, loras });
  if (after === null) return;
  endStep();
  edit({ kind: 'follow' }, () => after);
  endStep();
  const language = strings();
  const text = language.notices;
  const words = idea === null ? '' : relationName(language, idea);
  if (idea === null) inform(text.followedNone, true);
  else if (loraFor(idea, loras) === undefined) inform(text.followedWords(words), true);
  else inform(text.followed(words), true);
}

/** Ends a mismatch: what suits the prompt comes, and follows it from now on. */
export function switchToPrompt(): void {
  const { named, ideas } = store.getState();
  edit({ kind: 'relation' }, (editor) => {
    const followed = followRelation(editor, named?.idea ?? null, { ideas, loras: packLoras() });
    return { ...(followed ?? editor), relationFollows: true };
  });
  store.setState({ suggestion: null });
}

/** Whether the idea would change anything: its LoRA is not in use yet, or, without one, its boxes are not. */
function bringsSomething(idea: RelationIdea, editor: Editor): boolean {
  if (idea.boxes.length > editor.objects.length) return false;
  const lora = loraFor(idea, packLoras());
  if (lora !== undefined) return !editor.loras.some(({ id, on }) => on && id === lora.id);
  return editor.objects.some((object, index) => {
    const { box } = withBox(object, idea.boxes[index]);
    return box.some((side, corner) => side !== object.box[corner]);
  });
}
