import { type Engine, openEngine } from '../gpu/pipeline/engine.ts';
import { packFootprint } from '../gpu/pipeline/footprint-of.ts';
import type { Runtime } from '../gpu/runtime/runtime.ts';
import type { RgbaImage } from '../images/rgba-image.ts';
import { AppError } from '../shared/errors.ts';
import { openPack } from '../weights/pack-reader.ts';
import type { PackManifest } from '../weights/pack-manifest.ts';
import type { WeightStore } from '../weights/types.ts';
import type { DevicePreference, Handlers, PackSummary, PhotoFacts } from './protocol.ts';

/** What the engine worker gets from its surroundings; a test gives other ones. */
export interface EngineEnvironment {
  readonly openRuntime: (device: DevicePreference) => Promise<Runtime>;
  readonly openStore: (url: string) => WeightStore;
  readonly decodePhoto: (file: Blob) => Promise<RgbaImage>;
  readonly inspectPhoto: (file: Blob) => Promise<PhotoFacts>;
}

interface OpenDevice {
  readonly preference: DevicePreference;
  readonly runtime: Runtime;
}

/**
 * The engine behind the protocol: one device and one pack at a time. The host runs device calls one
 * after another, so they share these variables safely.
 */
export function createEngineHandlers(environment: EngineEnvironment): Handlers {
  let device: OpenDevice | undefined;
  let engine: Engine | undefined;

  async function closeEngine(): Promise<void> {
    const open = engine;
    engine = undefined;
    await open?.dispose();
  }

  async function runtimeFor(preference: DevicePreference): Promise<Runtime> {
    if (device?.preference === preference) return device.runtime;
    // A pack is bound to its device: both go before another device is tried.
    await closeEngine();
    const previous = device;
    device = undefined;
    await previous?.runtime.dispose();
    const runtime = await environment.openRuntime(preference);
    device = { preference, runtime };
    return runtime;
  }

  function openedEngine(): Engine {
    if (engine !== undefined) return engine;
    throw new AppError('bad-request', 'No pack is open. Open a pack before asking for a picture.');
  }

  return {
    'describe-device': async ({ device: preference }) => (await runtimeFor(preference)).report,
    async 'open-pack'({ url, device: preference }, { signal }) {
      const pack = await openPack(environment.openStore(url), signal);
      const runtime = await runtimeFor(preference);
      await closeEngine();
      engine = await openEngine({ runtime, pack });
      return { manifest: summaryOf(pack.manifest), device: runtime.report };
    },
    generate: ({ request, photos }, { signal, emit }) =>
      openedEngine().generate(request, {
        signal,
        loadPhoto(image) {
          const file = photos.get(image);
          if (file === undefined) {
            throw new AppError('bad-request', `The photo "${image}" of the request was not sent along.`);
          }
          return environment.decodePhoto(file);
        },
        onProgress: (progress) => {
          emit({ kind: 'progress', progress });
        },
        onPreview: (preview) => {
          emit({ kind: 'preview', preview });
        },
      }),
    'install-lora': ({ id, bytes }) => openedEngine().installLora(id, bytes),
    'count-tokens': async ({ text }) => Promise.resolve(openedEngine().countTokens(text)),
    'inspect-photo': ({ file }) => environment.inspectPhoto(file),
  };
}

function summaryOf(manifest: PackManifest): PackSummary {
  const { id, title, description, limits, licence, defaults, relationLoras, fewSteps } = manifest;
  return {
    id,
    title,
    description,
    limits,
    licence,
    defaults,
    relationLoras,
    fewSteps,
    ...packFootprint(manifest),
  };
}
