import { AbortError, AppError, messageOf } from '../../shared/errors.ts';
import { type EngineClient } from '../../workers/engine-client.ts';
import { installedPackAddress } from '../../workers/pack-address.ts';
import { type DevicePreference } from '../../workers/protocol.ts';
import { formatBytes } from '../strings/numbers.ts';
import { EMBEDDED_PACK } from '../model/editor.ts';
import { strings } from '../strings/index.ts';
import { store } from './app-state.ts';
import { edit, endStep } from './edit-actions.ts';
import { checkMemory } from './memory-check.ts';
import { inform } from './notices.ts';

let client: EngineClient | undefined;
/** Only the latest opening may set the state: an older one that ends late is dropped. */
let opening = 0;

export function engine(): EngineClient {
  if (client === undefined) throw new AppError('internal', 'The engine was asked before it was connected.');
  return client;
}

export function connectEngine(connected: EngineClient): void {
  client = connected;
  openEngine();
}

/** The embedded pack lies beside the page, whatever the base path; others are installed. */
export function packUrl(pack: string): string {
  if (pack !== EMBEDDED_PACK) return installedPackAddress(pack);
  return new URL(`models/${pack}/`, document.baseURI).href;
}

/** Opens the editor's pack, or the one a waiting picture needs, on the wanted device; the page stays usable. */
export function openEngine(pack = store.getState().editor.pack): void {
  opening += 1;
  const turn = opening;
  const { preferences } = store.getState();
  store.setState({ engine: { kind: 'starting' }, readyLoras: new Set() });
  engine()
    .openPack({ url: packUrl(pack), device: preferences.device })
    .then(
      ({ manifest, device }) => {
        if (turn !== opening) return;
        const ready = { kind: 'ready', pack, manifest, device } as const;
        store.setState({ engine: ready });
        adoptDefaults();
        const { need, verdict } = checkMemory(ready);
        if (verdict === 'fits') return;
        const { memoryTight, memoryExceeds } = strings().notices;
        inform((verdict === 'tight' ? memoryTight : memoryExceeds)(manifest.title, formatBytes(need)));
      },
      (error: unknown) => {
        if (turn !== opening || error instanceof AbortError) return;
        store.setState({ engine: { kind: 'failed', pack, message: messageOf(error) } });
      },
    );
}

/** A pack that was never used here brings its own numbers. Not a step to undo: nobody chose the old ones. */
function adoptDefaults(): void {
  store.setState(({ editor, engine: state, installedLoras }) => {
    if (state.kind !== 'ready' || state.pack !== editor.pack) return {};
    if (editor.tunedFor === state.manifest.id) return {};
    const { defaults, id, relationLoras } = state.manifest;
    // A RelationLoRA of another pack means nothing here.
    const known = new Set([...relationLoras, ...installedLoras].map((lora) => lora.id));
    const loras = editor.loras.filter((lora) => known.has(lora.id));
    return { editor: { ...editor, ...defaults, fewSteps: false, loras, tunedFor: id } };
  });
}

export function chooseDevice(device: DevicePreference): void {
  store.setState(({ preferences }) => ({ preferences: { ...preferences, device } }));
  openEngine();
}

/** Chooses another pack, as one step to undo; the queue opens it when it is free, and its numbers come with it. */
export function choosePack(pack: string): void {
  edit({ kind: 'setting' }, (editor) => ({ ...editor, pack }));
}

/** The open model's own numbers; prompt, objects and seed stay. */
export function resetToDefaults(): void {
  const { engine: state } = store.getState();
  if (state.kind !== 'ready') return;
  const { defaults } = state.manifest;
  edit({ kind: 'setting' }, (editor) => ({ ...editor, ...defaults, fewSteps: false }));
}

/**
 * Draws with the open model's few-step LoRA from now on, with what it was distilled for, or with the model's own
 * sampler, steps and guidance again; one step to undo.
 */
export function drawInFewSteps(on: boolean): void {
  const { engine: state } = store.getState();
  if (state.kind !== 'ready') return;
  const { fewSteps, defaults } = state.manifest;
  const { sampler, steps, guidance } = (on ? fewSteps : undefined) ?? defaults;
  endStep();
  edit({ kind: 'setting' }, (editor) => ({ ...editor, fewSteps: on, sampler, steps, guidance }));
  endStep();
}
