import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type LoraSummary } from '../../gpu/pipeline/types.ts';
import { AppError } from '../../shared/errors.ts';
import { encodeSafetensors } from '../../weights/safetensors.ts';
import { type EngineClient } from '../../workers/engine-client.ts';
import { store } from './app-state.ts';
import { undoEdit } from './edit-actions.ts';
import { connectEngine } from './engine-actions.ts';
import { installLoraFile, stackLora } from './lora-actions.ts';

vi.stubGlobal('document', { baseURI: 'http://localhost/' });
vi.stubGlobal('navigator', { language: 'en' });

/** An engine that answers to a LoRA file and nothing else. */
function fakeEngine(installLora: () => Promise<LoraSummary>): EngineClient {
  const never = (): Promise<never> => new Promise(() => undefined);
  return {
    describeDevice: never,
    countTokens: never,
    inspectPhoto: never,
    installLora,
    openPack: never,
    generate: never,
    restart: () => undefined,
    dispose: () => undefined,
  };
}

function loraFile(name: string): File {
  const bytes = encodeSafetensors(new Map([['x', { shape: [1], data: Float32Array.of(1) }]]));
  return new File([Uint8Array.from(bytes)], name);
}

const notices = (): readonly string[] => store.getState().notices.map(({ text }) => text);
const settings = () => {
  const { sampler, steps, guidance, loras } = store.getState().editor;
  return { sampler, steps, guidance, loras: loras.length };
};

beforeEach(() => {
  store.setState(store.getInitialState(), true);
  connectEngine(fakeEngine(() => Promise.resolve({ rank: 4, layers: 10, ignoredKeys: 0 })));
});

describe('a LoRA file that is dropped', () => {
  it('is stacked, and leaves the settings as they are', async () => {
    const before = settings();
    await installLoraFile(loraFile('felt.safetensors'));
    expect(settings()).toEqual({ ...before, loras: before.loras + 1 });
  });

  it('that was made for few steps brings them, in one step that can be taken back and done again', async () => {
    const before = settings();
    const few = { sampler: 'euler-trailing', steps: 4, guidance: 1 };
    await installLoraFile(loraFile('sdxl_lightning_4step_lora.safetensors'));
    expect(settings()).toEqual({ ...few, loras: before.loras + 1 });
    expect(notices()).toContainEqual(expect.stringContaining('is made for 4 steps'));
    undoEdit();
    expect(settings()).toEqual(before);
    stackLora(store.getState().installedLoras[0]?.id ?? '');
    expect(settings()).toEqual({ ...few, loras: before.loras + 1 });
  });

  it('that brings more than changes of layers is stacked with a word about the rest', async () => {
    connectEngine(fakeEngine(() => Promise.resolve({ rank: 4, layers: 10, ignoredKeys: 3 })));
    await installLoraFile(loraFile('felt.safetensors'));
    expect(notices()).toContainEqual(expect.stringContaining('“felt” also brings words of its own'));
  });

  it('that has to be merged is refused in the person’s language, by the ways to merge it', async () => {
    const refuse = (): Promise<never> => Promise.reject(new AppError('lora-to-merge', 'has kernels'));
    connectEngine(fakeEngine(refuse));
    const before = settings();
    const said = {
      en: /“locon.*“LoRAs to merge”.*--merge-lora/,
      de: /„locon.*„LoRAs zum Einrechnen“.*--merge-lora/,
    };
    for (const language of ['en', 'de'] as const) {
      store.setState(({ preferences }) => ({ preferences: { ...preferences, language } }));
      await expect(installLoraFile(loraFile('locon.safetensors'))).rejects.toMatchObject({
        code: 'lora-to-merge',
        message: expect.stringMatching(said[language]) as string,
      });
    }
    expect(settings()).toEqual(before);
  });
});
