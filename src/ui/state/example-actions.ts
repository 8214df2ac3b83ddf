import { addLora } from '../model/loras.ts';
import { withArticle } from '../model/phrases.ts';
import { emptyUndo } from '../model/undo.ts';
import { store } from './app-state.ts';
import { randomSeed, setPhoto } from './edit-actions.ts';

/** Seeds of the two characters of a first visit. */
const FIRST_SEEDS = [38, 64] as const;
const FIRST_RELATION = 'hugging';

/** The data engine, loaded when first needed. */
const sceneKit = async () => import('../photos/scene-kit.ts');

/** Loads what the data engine knows of relations. */
export async function loadIdeas(): Promise<void> {
  const { SCENE_RELATIONS } = await sceneKit();
  store.setState({ ideas: SCENE_RELATIONS });
}

/** Fills the editor of a first visit: two characters, their boxes, a prompt. Nothing to undo. */
export async function fillFirstExample(): Promise<void> {
  const { drawExampleObject, SCENE_RELATIONS } = await sceneKit();
  const [first, second] = await Promise.all([
    drawExampleObject(FIRST_SEEDS[0]),
    drawExampleObject(FIRST_SEEDS[1]),
  ]);
  const idea = SCENE_RELATIONS.find(({ id }) => id === FIRST_RELATION);
  store.setState(({ editor, undo }) => {
    // Somebody was faster than the drawing: their work stays.
    if (undo.past.length > 0) return {};
    const objects = editor.objects.map((object, index) => {
      const example = index === 0 ? first : second;
      return { ...object, ...example, box: idea?.boxes[index] ?? object.box };
    });
    const predicate = idea?.predicate ?? 'and';
    const prompt = `${withArticle(first.phrase)} ${predicate} ${withArticle(second.phrase)} in front of the mountain`;
    return { editor: { ...editor, objects, prompt, loras: addLora([], FIRST_RELATION) }, undo: emptyUndo };
  });
}

/** A new character for an object, with words that follow into the prompt. */
export async function surprise(id: string): Promise<void> {
  const { drawExampleObject } = await sceneKit();
  const { photo, phrase } = await drawExampleObject(randomSeed());
  setPhoto(id, photo, phrase);
}
