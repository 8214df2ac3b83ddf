import { describe, expect, it } from 'vitest';
import { initialEditor, emptyObject, type Editor } from './editor.ts';
import { diffEditors } from './editor-diff.ts';
import { emptyUndo, record, redo, seal, undo, type UndoStack } from './undo.ts';

const start = initialEditor();

function move(editor: Editor, id: string, x: number): Editor {
  return {
    ...editor,
    objects: editor.objects.map((object) =>
      object.id === id ? { ...object, box: [x, 0.2, x + 0.3, 0.9] } : object,
    ),
  };
}

function back(stack: UndoStack, editor: Editor): Editor {
  return undo(stack, editor)?.editor ?? editor;
}

it('a step holds only what it changed', () => {
  const diff = diffEditors(start, move(start, 'a', 0.3));
  expect([...(diff?.after.objects.keys() ?? [])]).toEqual(['a']);
  expect(diff?.after.fields).toEqual({});
  expect(diff?.after.order).toBeNull();
});

it('an edit that changes nothing is no step', () => {
  expect(record(emptyUndo, start, { ...start }, { kind: 'prompt' })).toBe(emptyUndo);
});

describe('undo and redo', () => {
  it('take an added, a removed and a changed object back and forth', () => {
    const added: Editor = {
      ...start,
      objects: [...start.objects, emptyObject('c', 2)],
      stack: [...start.stack, 'c'],
    };
    const removed: Editor = {
      ...added,
      objects: added.objects.filter(({ id }) => id !== 'a'),
      stack: ['b', 'c'],
    };
    let stack = record(emptyUndo, start, added, { kind: 'add-object' });
    stack = record(stack, added, removed, { kind: 'remove-object' });
    const once = undo(stack, removed);
    expect(once?.editor).toEqual(added);
    expect(back(once?.stack ?? stack, added)).toEqual(start);
    expect(redo(once?.stack ?? stack, added)?.editor).toEqual(removed);
  });

  it('say when there is nothing left', () => {
    expect(undo(emptyUndo, start)).toBeNull();
    expect(redo(emptyUndo, start)).toBeNull();
  });

  it('forget what was undone once something new is done', () => {
    const moved = move(start, 'a', 0.4);
    const undone = undo(record(emptyUndo, start, moved, { kind: 'box' }), moved);
    const stack = record(undone?.stack ?? emptyUndo, start, { ...start, prompt: 'x' }, { kind: 'prompt' });
    expect(stack.future).toEqual([]);
  });
});

describe('gestures', () => {
  it('one drag is one step, however many moves it had', () => {
    let stack = emptyUndo;
    let editor = start;
    for (const x of [0.2, 0.3, 0.4]) {
      const next = move(editor, 'a', x);
      stack = record(stack, editor, next, { kind: 'box', mergeKey: 'drag 1' });
      editor = next;
    }
    expect(stack.past).toHaveLength(1);
    expect(back(stack, editor)).toEqual(start);
  });

  it('a second drag of the same box is a step of its own', () => {
    const first = move(start, 'a', 0.2);
    const second = move(first, 'a', 0.3);
    let stack = record(emptyUndo, start, first, { kind: 'box', mergeKey: 'box a' });
    stack = record(seal(stack), first, second, { kind: 'box', mergeKey: 'box a' });
    expect(stack.past).toHaveLength(2);
    expect(back(stack, second)).toEqual(first);
  });
});
