import { describe, expect, it } from 'vitest';
import { type Box } from '../../shared/request.ts';
import { type RelationLoraEntry } from '../../weights/pack-manifest.ts';
import { initialEditor, type Editor, type EditorLora } from './editor.ts';
import { followRelation, mismatchOf } from './follow-relation.ts';
import { type RelationIdea } from './relations.ts';

const idea = (id: string, ...boxes: Box[]): RelationIdea => ({
  id,
  label: id,
  kind: boxes.length === 2 ? 'pair' : 'single',
  predicate: `is ${id}`,
  predicates: [`is ${id}`],
  boxes,
});
const hugging = idea('hugging', [0.1, 0.2, 0.5, 0.9], [0.4, 0.2, 0.8, 0.9]);
const carrying = idea('carrying', [0.2, 0.4, 0.8, 1], [0.3, 0, 0.7, 0.5]);
const kissing = idea('kissing', [0.1, 0.1, 0.5, 0.9], [0.5, 0.1, 0.9, 0.9]);
const singing = idea('singing', [0.3, 0.1, 0.7, 0.9]);
const ideas = [hugging, carrying, kissing, singing];

const entry = (id: string): RelationLoraEntry => ({
  id,
  title: id,
  description: '',
  predicates: [],
  objects: 2,
  file: { file: `${id}.safetensors`, byteLength: 1, sha256: '0'.repeat(64) },
});
const known = { ideas, loras: [entry('hugging'), entry('carrying'), entry('singing')] };

const use = (id: string, on = true): EditorLora => ({ id, weight: 0.7, on });
function editorWith(loras: readonly EditorLora[], boxes = hugging.boxes): Editor {
  const editor = initialEditor();
  const objects = editor.objects.map((object, index) => ({ ...object, box: boxes[index] ?? object.box }));
  return { ...editor, objects, loras };
}
const boxesOf = (editor: Editor | null) => editor?.objects.map(({ box }) => box);
const idsOf = (editor: Editor | null) => editor?.loras.map(({ id }) => id);

describe('a RelationLoRA that follows the prompt', () => {
  it('gives way to the one of the relation named now, which keeps its weight, and boxes follow', () => {
    const followed = followRelation(editorWith([use('hugging'), use('style')]), carrying, known);
    expect(followed?.loras).toEqual([use('carrying'), { ...use('style') }]);
    expect(boxesOf(followed)).toEqual(carrying.boxes);
  });

  it('leaves boxes alone that somebody drew, and those of another number of objects', () => {
    const drawn: readonly Box[] = [
      [0, 0, 0.33, 0.4],
      [0.5, 0.5, 1, 1],
    ];
    expect(boxesOf(followRelation(editorWith([use('hugging')], drawn), carrying, known))).toEqual(drawn);
    const alone = followRelation(editorWith([use('hugging')]), singing, known);
    expect([idsOf(alone), boxesOf(alone)]).toEqual([['singing'], hugging.boxes]);
  });

  it('goes where no RelationLoRA suits the words; own files stay', () => {
    expect(idsOf(followRelation(editorWith([use('hugging'), use('own')]), kissing, known))).toEqual(['own']);
    expect(idsOf(followRelation(editorWith([use('hugging')]), null, known))).toEqual([]);
    expect(followRelation(editorWith([use('own')]), null, known)).toBeNull();
  });

  it('changes nothing where it suits already', () => {
    expect(followRelation(editorWith([use('own'), use('hugging')]), hugging, known)).toBeNull();
    expect(followRelation(editorWith([]), null, known)).toBeNull();
  });
});

describe('a mismatch of words and RelationLoRA', () => {
  it('names both, and the one that would suit', () => {
    const found = mismatchOf(editorWith([use('own'), use('hugging')]), carrying, known.loras);
    expect([found?.named.id, found?.used.id, found?.suitable?.id]).toEqual([
      'carrying',
      'hugging',
      'carrying',
    ]);
    expect(mismatchOf(editorWith([use('hugging')]), kissing, known.loras)?.suitable).toBeUndefined();
  });

  it('is none with the right one on the stack, with none in use, or with no relation named', () => {
    expect(mismatchOf(editorWith([use('hugging'), use('carrying')]), carrying, known.loras)).toBeNull();
    expect(mismatchOf(editorWith([use('hugging', false)]), carrying, known.loras)).toBeNull();
    expect(mismatchOf(editorWith([use('own')]), carrying, known.loras)).toBeNull();
    expect(mismatchOf(editorWith([use('hugging')]), null, known.loras)).toBeNull();
  });
});
