import { beforeEach, expect, it, vi } from 'vitest';
import { testStore } from '../../gpu/pipeline/test-pack-node.ts';
import { openPack } from '../../weights/pack-reader.ts';
import { testDevice } from '../../workers/test-support.ts';
import { store } from './app-state.ts';
import { redoEdit, undoEdit } from './edit-actions.ts';
import { drawInFewSteps, resetToDefaults } from './engine-actions.ts';

vi.stubGlobal('navigator', { language: 'en' });

const own = { sampler: 'euler', steps: 20, guidance: 3 } as const;
const quick = { sampler: 'euler-trailing', steps: 4, guidance: 1 } as const;

beforeEach(async () => {
  const { manifest } = await openPack(await testStore());
  store.setState({
    engine: {
      kind: 'ready',
      pack: 'toybox',
      manifest: {
        ...manifest,
        defaults: { ...manifest.defaults, ...own },
        fewSteps: {
          ...quick,
          file: { file: 'few-steps.safetensors', byteLength: 1, sha256: '0'.repeat(64) },
        },
        networkBytes: [],
        passWork: null,
        activations: null,
      },
      device: testDevice,
    },
    editor: { ...store.getState().editor, ...own, fewSteps: false },
  });
});

it('the few-step LoRA comes with what it was distilled for, as one step, and goes with it', () => {
  drawInFewSteps(true);
  expect(store.getState().editor).toMatchObject({ fewSteps: true, ...quick });
  undoEdit();
  expect(store.getState().editor).toMatchObject({ fewSteps: false, ...own });
  redoEdit();
  drawInFewSteps(false);
  expect(store.getState().editor).toMatchObject({ fewSteps: false, ...own });
});

it('the model’s own numbers are without it', () => {
  drawInFewSteps(true);
  resetToDefaults();
  expect(store.getState().editor).toMatchObject({ fewSteps: false, ...own });
});
