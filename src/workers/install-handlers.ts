import { describeLoraFolder } from '../gpu/packing/describe-lora.ts';
import { installPack } from '../gpu/packing/install-pack.ts';
import { packSize, planPack } from '../gpu/packing/plan-pack.ts';
import { type OpenedModel, openModel } from '../gpu/packing/open-model.ts';
import { SDXL_DESCRIPTION } from '../gpu/packing/sdxl-recipe.ts';
import { packFootprint } from '../gpu/pipeline/footprint-of.ts';
import type { Runtime } from '../gpu/runtime/runtime.ts';
import { AppError, throwIfAborted } from '../shared/errors.ts';
import { fewStepDefaults } from '../weights/few-step.ts';
import { copyPack, type HostedPack, openHostedPack, packFiles } from '../weights/install/copy-pack.ts';
import type { InstallProgress } from '../weights/install/install-networks.ts';
import type { PackManifest } from '../weights/pack-manifest.ts';
import { openPack } from '../weights/pack-reader.ts';
import { blobFolder } from '../weights/sources/blob-folder.ts';
import { openHub } from '../weights/sources/hub.ts';
import type { FileAccess } from '../weights/sources/open-file.ts';
import type { RetryPolicy } from '../weights/sources/retry.ts';
import { createHttpStore, type WritableStore } from '../weights/stores.ts';
import type { WeightStore } from '../weights/types.ts';
import { checkRoom, readProgress } from './check-room.ts';
import type { ConvertPool } from './convert-pool.ts';
import { createCutOutHandlers } from './cut-out-handlers.ts';
import type { Keys } from './install-basics.ts';
import {
  type CompleteModel,
  type InstallCalls,
  type InstallOffer,
  type InstallRequest,
  installRequestSchema,
  type LibraryEntry,
} from './install-protocol.ts';
import type { PackShelf } from './pack-shelf.ts';
import type { CallContext, HandlersOf } from './serve-calls.ts';

/** What the install worker gets from its surroundings; a test gives other ones. */
export interface InstallEnvironment {
  readonly shelf: PackShelf;
  /** Where the model that finds objects in photos is kept. */
  readonly cutOutShelf: PackShelf;
  /** For the one picture that fits the preview colours. */
  readonly openRuntime: () => Promise<Runtime>;
  /** Where slices are converted; in the installing thread if nothing is said, or none comes. */
  readonly openConverter?: (() => ConvertPool | undefined) | undefined;
  readonly retry?: RetryPolicy | undefined;
}

/** What is being installed, so that a later visit can go on. It lies there until the pack is complete. */
const REQUEST_FILE = 'install.json';
/** The precisions that a person chooses from, smallest first. */
const OFFERED = ['q4', 'q8', 'fp16'] as const;

async function readRequest(store: WeightStore): Promise<InstallRequest | undefined> {
  try {
    const text = new TextDecoder().decode(await store.readFile(REQUEST_FILE));
    return installRequestSchema.safeParse(JSON.parse(text)).data;
  } catch {
    // There is none, or one that was cut off: then nothing was fetched yet.
    return undefined;
  }
}

function describe(id: string, manifest: PackManifest): CompleteModel {
  const components = Object.values(manifest.components);
  const storedBytes = components
    .flatMap(({ shards }) => shards)
    .reduce((sum, { byteLength }) => sum + byteLength, 0);
  const precision = [...new Set(components.map((component) => component.precision))].join(', ');
  const { title, description, licence, defaults } = manifest;
  const footprint = packFootprint(manifest);
  return { kind: 'installed', id, title, description, licence, precision, storedBytes, footprint, defaults };
}

async function readInstalled(id: string, store: WeightStore): Promise<CompleteModel | undefined> {
  try {
    return describe(id, (await openPack(store)).manifest);
  } catch (thrown) {
    if (thrown instanceof AppError) return undefined;
    throw thrown;
  }
}

async function readEntry(id: string, store: WeightStore): Promise<LibraryEntry> {
  const installed = await readInstalled(id, store);
  if (installed !== undefined) return installed;
  const request = await readRequest(store);
  if (request === undefined) return { kind: 'damaged', id };
  return { kind: 'unfinished', request, ...(await readProgress(store)) };
}

function offerOf({ manifest, folder }: HostedPack): InstallOffer {
  const { id, title, licence, components, defaults } = manifest;
  const bytes = packFiles(manifest).reduce((sum, { byteLength }) => sum + byteLength, 0);
  const stages = Object.values(components).map(({ shards }) =>
    shards.reduce((sum, { byteLength }) => sum + byteLength, 0),
  );
  const precision = components.unet?.precision ?? 'fp32';
  return {
    pack: { id, title, licence },
    downloadBytes: bytes,
    choices: [
      {
        precision,
        storedBytes: bytes,
        stageBytes: Math.max(0, ...stages),
        footprint: packFootprint(manifest),
      },
    ],
    defaults,
    origins: [{ network: 'pack', source: folder.name }],
  };
}

/** The numbers that a pack of a model brings: SDXL's, or those of a few-step LoRA in it. */
function defaultsOf({ mergeLoras }: OpenedModel): PackManifest['defaults'] {
  return { ...SDXL_DESCRIPTION.defaults, ...fewStepDefaults(mergeLoras.map(({ source }) => source.name)) };
}

/** The pack that a model's base is already, if it is one. Throws AppError 'bad-request' if LoRAs were to be merged into it. */
async function hostedPack(
  { folder, singleFile, mergeLoras }: OpenedModel,
  signal: AbortSignal,
): Promise<HostedPack | undefined> {
  const hosted = await openHostedPack(folder, signal);
  if (hosted === undefined || (singleFile === undefined && mergeLoras.length === 0)) return hosted;
  throw new AppError(
    'bad-request',
    `"${folder.name}" is a finished pack, which nothing can be merged into. Name the checkpoint that it was made from, or leave the LoRAs and the single file out.`,
  );
}

/** The library behind its protocol. */
export function createInstallHandlers({
  shelf,
  cutOutShelf,
  openRuntime,
  openConverter,
  retry,
}: InstallEnvironment): HandlersOf<InstallCalls> {
  const access = (endpoint: string | undefined, { token, folder, files }: Keys): FileAccess => ({
    endpoint,
    token: () => token,
    retry,
    local: folder && blobFolder(folder.name, folder.files),
    localFiles: files,
  });

  async function planAndInstall(
    { id, title, precision }: InstallRequest,
    model: OpenedModel,
    store: WritableStore,
    { signal, emit }: CallContext<InstallProgress>,
  ): Promise<void> {
    const plan = await planPack(model.folder, { ...model, signal });
    throwIfAborted(signal);
    await checkRoom(shelf, packSize(plan, { precision }).storedBytes, store);
    const runtime = await openRuntime();
    const converter = openConverter?.();
    try {
      await installPack(plan, store, {
        precision,
        description: {
          ...SDXL_DESCRIPTION,
          id,
          title,
          defaults: defaultsOf(model),
        },
        describeLora: describeLoraFolder,
        runtime,
        converter,
        signal,
        onProgress: emit,
      });
    } finally {
      converter?.dispose();
      await runtime.dispose();
    }
  }

  return {
    ...createCutOutHandlers(cutOutShelf, access),
    async 'list-library'() {
      const entries: LibraryEntry[] = [];
      for (const id of await shelf.list()) entries.push(await readEntry(id, shelf.read(id)));
      return { entries, ...(await shelf.room()) };
    },
    async 'describe-pack'({ url }) {
      const { manifest } = await openPack(createHttpStore(url));
      return describe(manifest.id, manifest);
    },
    async 'list-loras'({ repository, endpoint, keys }, { signal }) {
      const hub = await openHub(repository, 'main', access(endpoint, keys), signal);
      const loras = [...hub.files]
        .filter(([file]) => file.endsWith('.safetensors'))
        .map(([file, { byteLength }]) => ({ name: file, url: hub.addressOf(file), byteLength }));
      return { licence: hub.licence ?? '', loras };
    },
    async 'plan-install'({ sources, endpoint, keys }, { signal }) {
      const model = await openModel(sources, access(endpoint, keys), signal);
      const hosted = await hostedPack(model, signal);
      if (hosted !== undefined) return offerOf(hosted);
      const plan = await planPack(model.folder, { ...model, signal });
      const sizes = OFFERED.map((precision) => ({ precision, ...packSize(plan, { precision }) }));
      return {
        downloadBytes: sizes[0]?.downloadBytes ?? 0,
        choices: sizes.map(({ precision, storedBytes, stageBytes, footprint }) => ({
          precision,
          storedBytes,
          stageBytes,
          footprint,
        })),
        defaults: defaultsOf(model),
        origins: plan.networks.map(({ name, source }) => ({ network: name, source })),
      };
    },
    'install-pack': ({ request, keys }, context) =>
      shelf.withStore(request.id, async (store) => {
        const { id, sources, endpoint } = request;
        const { signal, emit } = context;
        const note = (noted: InstallRequest): Promise<void> =>
          store.writeFile(REQUEST_FILE, new TextEncoder().encode(JSON.stringify(noted)));
        await note(request);
        const model = await openModel(sources, access(endpoint, keys), signal);
        // What goes on later must be what was begun, wherever the branch has moved.
        await note({ ...request, sources: model.pinned });
        const hosted = await hostedPack(model, signal);
        if (hosted === undefined) await planAndInstall(request, model, store, context);
        else {
          await checkRoom(shelf, offerOf(hosted).downloadBytes, store);
          await copyPack(hosted, { store, signal, onProgress: emit });
        }
        await store.removeFile(REQUEST_FILE);
        return { id };
      }),
    async 'remove-pack'({ id }) {
      await shelf.remove(id);
      return { id };
    },
  };
}
