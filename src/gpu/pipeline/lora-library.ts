import { AppError } from '../../shared/errors.ts';
import type { RelationLoraUse } from '../../shared/request.ts';
import { checkLoraFits, type WeightedLora } from '../networks/lora-inputs.ts';
import type { Model } from './model.ts';
import { allLoraGroups } from '../networks/lora-groups.ts';
import { type LoraFile, readLora } from '../../weights/lora.ts';
import { packLoras } from '../../weights/pack-manifest.ts';
import type { EnginePack } from './pack.ts';
import type { LoraSummary } from './types.ts';

export interface LoraLibrary {
  /** Parses a file and checks it against the model; later requests name it by `id`. */
  install(id: string, bytes: Uint8Array): Promise<LoraSummary>;
  /** The LoRAs of a request, those of weight 0 left out; the pack's own are read when first used. */
  resolve(uses: readonly RelationLoraUse[]): Promise<readonly WeightedLora[]>;
}

/** LoRAs by id: installed files first, then those that came with the pack. */
export function createLoraLibrary(pack: EnginePack, model: Model): LoraLibrary {
  const parsed = new Map<string, LoraFile>();
  const groups = allLoraGroups({
    unet: model.unet.config,
    textEncoder: model.textEncoder.config,
    textEncoder2: model.textEncoder2.config,
  });

  async function add(id: string, bytes: Uint8Array): Promise<LoraFile> {
    const lora = await readLora(bytes, id);
    if (lora.deltas.length === 0) {
      throw new AppError(
        'bad-lora',
        `The LoRA "${id}" changes no layer of the U-Net or the text encoders, so it would do nothing here.`,
      );
    }
    checkLoraFits(groups, lora.deltas);
    parsed.set(id, lora);
    return lora;
  }

  async function find(id: string): Promise<LoraFile> {
    const known = parsed.get(id);
    if (known !== undefined) return known;
    const loras = packLoras(pack.manifest);
    const file = loras.get(id);
    if (file === undefined) {
      const names = [...loras.keys()].join(', ');
      throw new AppError(
        'bad-lora',
        `There is no LoRA "${id}". This pack has ${names === '' ? 'none' : names}; others must be installed first.`,
      );
    }
    return add(id, await pack.readFile(file));
  }

  return {
    async install(id, bytes) {
      const { deltas, ignoredKeys } = await add(id, bytes);
      return {
        rank: Math.max(...deltas.map((delta) => delta.rank)),
        layers: new Set(deltas.map((delta) => delta.path)).size,
        ignoredKeys: ignoredKeys.length,
      };
    },
    async resolve(uses) {
      const loras: WeightedLora[] = [];
      for (const { lora, weight } of uses) {
        if (weight !== 0) loras.push({ deltas: (await find(lora)).deltas, weight });
      }
      return loras;
    },
  };
}
