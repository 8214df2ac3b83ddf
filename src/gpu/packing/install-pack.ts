import { throwIfAborted } from '../../shared/errors.ts';
import type { SliceConverter } from '../../weights/install/convert-slice.ts';
import { endJournal } from '../../weights/install/install-journal.ts';
import { installNetworks, type InstallProgress } from '../../weights/install/install-networks.ts';
import { readLora } from '../../weights/lora.ts';
import {
  FEW_STEPS,
  type FewSteps,
  PACK_FORMAT,
  PACK_VERSION,
  type PackComponent,
  type PackFile,
  type PackManifest,
  packManifestSchema,
  type RelationLoraEntry,
} from '../../weights/pack-manifest.ts';
import { MANIFEST_FILE, storedComponent } from '../../weights/pack-reader.ts';
import { sha256 } from '../../weights/sha256.ts';
import type { WritableStore } from '../../weights/stores.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { readBytes } from './checkpoint-folder.ts';
import {
  networksIn,
  type PackDescription,
  type PackPlan,
  type PrecisionChoice,
  type RelationLoraFacts,
} from './plan-pack.ts';
import type { PlannedTokenizer } from './plan-tokenizer.ts';
import { fitPreviewMatrix } from './preview-fit.ts';

export interface InstallPackOptions extends PrecisionChoice {
  readonly description: PackDescription;
  /** Facts of the RelationLoRAs in the folder's `relation-loras/`, by folder name. */
  readonly describeLora: (folderName: string) => RelationLoraFacts;
  /** Runs the VAE once to fit the preview matrix. */
  readonly runtime: Runtime;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: InstallProgress) => void) | undefined;
  /** Where slices are converted; in the caller's thread if nothing is said. */
  readonly converter?: SliceConverter | undefined;
  /** Smaller in tests. */
  readonly maxShardBytes?: number | undefined;
}

async function writeFile(store: WritableStore, file: string, bytes: Uint8Array): Promise<PackFile> {
  await store.writeFile(file, bytes);
  return { file, byteLength: bytes.byteLength, sha256: await sha256(bytes) };
}

async function writeTokenizer(
  store: WritableStore,
  { folder, vocab, merges, padTokenId }: PlannedTokenizer,
): Promise<PackManifest['tokenizers'][0]> {
  return {
    vocab: await writeFile(store, `${folder}/vocab.json`, vocab),
    merges: await writeFile(store, `${folder}/merges.txt`, merges),
    padTokenId,
  };
}

async function writeLoras(
  store: WritableStore,
  { folder, relationLoras }: PackPlan,
  describeLora: InstallPackOptions['describeLora'],
): Promise<readonly RelationLoraEntry[]> {
  const entries: RelationLoraEntry[] = [];
  for (const name of relationLoras) {
    const facts = describeLora(name);
    const path = `relation-loras/${name}/pytorch_lora_weights.safetensors`;
    const bytes = await readBytes(folder, path);
    await readLora(bytes, path);
    entries.push({ ...facts, file: await writeFile(store, `relation-loras/${facts.id}.safetensors`, bytes) });
  }
  return entries;
}

/** The few-step LoRA beside the model, if there is one and the description says what it was distilled for. */
async function writeFewSteps(
  store: WritableStore,
  { folder }: PackPlan,
  { fewSteps }: PackDescription,
): Promise<FewSteps | undefined> {
  const path = `${FEW_STEPS}/pytorch_lora_weights.safetensors`;
  if (fewSteps === undefined || (await folder.open(path)) === undefined) return undefined;
  const bytes = await readBytes(folder, path);
  await readLora(bytes, path);
  return { ...fewSteps, file: await writeFile(store, `${FEW_STEPS}.safetensors`, bytes) };
}

/**
 * Makes the pack that was planned, or goes on where an earlier call for the same plan and precision ended.
 * The last step takes the journal away: until then there is no pack, whatever ends this. Throws AppError
 * 'bad-checkpoint', 'bad-lora', 'network', 'storage-full', and AbortError; nothing that was stored is lost.
 */
export async function installPack(
  plan: PackPlan,
  store: WritableStore,
  options: InstallPackOptions,
): Promise<PackManifest> {
  const { description, describeLora, runtime, signal } = options;
  // A pack that is replaced is none from here on.
  await store.removeFile(MANIFEST_FILE);
  const networks = networksIn(plan, options);
  const installed = await installNetworks(networks, { ...options, store });
  const components = Object.fromEntries(
    networks.map(({ name, config, precision, source }): [string, PackComponent] => {
      const { shards = [], tensors = [] } = installed.get(name) ?? {};
      return [name, { config: { ...config }, precision, source, shards, tensors }];
    }),
  );
  throwIfAborted(signal);
  const relationLoras = await writeLoras(store, plan, describeLora);
  const fewSteps = await writeFewSteps(store, plan, description);
  const [first, second] = plan.tokenizers;
  const tokenizers = [await writeTokenizer(store, first), await writeTokenizer(store, second)];
  const vae = components['vae'];
  const manifest = packManifestSchema.parse({
    format: PACK_FORMAT,
    version: PACK_VERSION,
    ...description,
    scheduler: plan.scheduler,
    tokenizers,
    preprocessor: plan.preprocessor,
    previewMatrix:
      vae === undefined
        ? []
        : await fitPreviewMatrix(runtime, storedComponent('vae', vae), (shard) => store.readFile(shard)),
    components,
    relationLoras,
    fewSteps,
  });
  throwIfAborted(signal);
  await store.writeFile(MANIFEST_FILE, new TextEncoder().encode(`${JSON.stringify(manifest)}\n`));
  await endJournal(store);
  return manifest;
}
