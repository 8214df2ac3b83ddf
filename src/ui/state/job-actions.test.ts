import { expect, it, vi } from 'vitest';
import { testStore } from '../../gpu/pipeline/test-pack-node.ts';
import { openPack } from '../../weights/pack-reader.ts';
import { type RelationLoraEntry } from '../../weights/pack-manifest.ts';
import { testDevice } from '../../workers/test-support.ts';
import { type RelationIdea } from '../model/relations.ts';
import { store } from './app-state.ts';
import { changeSettings } from './edit-actions.ts';
import { generate } from './job-actions.ts';

const reading = vi.hoisted(() => ({ end: (): void => undefined }));
/** Reads a prompt for as long as the test wants. */
vi.mock('../model/language.ts', () => ({
  verbsOf: () =>
    new Promise((resolve) => {
      reading.end = () => {
        resolve(['carry']);
      };
    }),
}));
vi.stubGlobal('navigator', { language: 'en' });

const idea = (id: string, predicate: string): RelationIdea => ({
  id,
  label: id,
  kind: 'pair',
  predicate,
  predicates: [predicate],
  boxes: [
    [0.1, 0.1, 0.5, 0.9],
    [0.5, 0.1, 0.9, 0.9],
  ],
});
const lora = (id: string): RelationLoraEntry => ({
  id,
  title: id,
  description: '',
  predicates: [],
  objects: 2,
  file: { file: `${id}.safetensors`, byteLength: 1, sha256: '0'.repeat(64) },
});

it('draws what was there when it was asked for, with the RelationLoRA of its words', async () => {
  const { manifest } = await openPack(await testStore());
  const relationLoras = [lora('hugging'), lora('carrying')];
  const { editor } = store.getState();
  store.setState({
    engine: {
      kind: 'ready',
      pack: 'toybox',
      manifest: { ...manifest, relationLoras, networkBytes: [], passWork: null, activations: null },
      device: testDevice,
    },
    ideas: [idea('hugging', 'is hugging'), idea('carrying', 'is carrying')],
    editor: {
      ...editor,
      objects: editor.objects.map((object) => ({
        ...object,
        phrase: object.id === 'a' ? 'bear' : 'fox',
        photo: { sha256: 'a'.repeat(64), name: 'photo.png' },
      })),
      prompt: 'a bear is carrying a fox',
      loras: [{ id: 'hugging', weight: 1, on: true }],
      relationFollows: true,
      seed: 1,
      seedLocked: true,
    },
  });
  generate();
  expect(store.getState().queue).toEqual([]);
  changeSettings({ seed: 2, steps: 3 });
  reading.end();
  await vi.waitFor(() => {
    expect(store.getState().queue).toHaveLength(1);
  });
  const [first] = store.getState().queue;
  expect(first?.request).toMatchObject({
    seed: 1,
    steps: editor.steps,
    relation: [{ lora: 'carrying', weight: 1 }],
  });
  expect(store.getState().editor).toMatchObject({ seed: 2, loras: [{ id: 'carrying' }] });
});
