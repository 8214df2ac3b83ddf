import type { RelationLoraUse } from '../shared/request.ts';
import { FEW_STEPS, type PackManifest } from './pack-manifest.ts';

export type FewStepDefaults = Pick<PackManifest['defaults'], 'sampler' | 'steps' | 'guidance'>;

/** What a request adds to draw with a pack's own few-step LoRA. */
export interface FewStepUse {
  readonly loras: readonly string[];
  readonly settings: Partial<FewStepDefaults>;
}

/** Nothing where the pack has none. */
export function fewStepUse({ fewSteps }: Pick<PackManifest, 'fewSteps'>): FewStepUse {
  if (fewSteps === undefined) return { loras: [], settings: {} };
  const { sampler, steps, guidance } = fewSteps;
  return { loras: [FEW_STEPS], settings: { sampler, steps, guidance } };
}

/** A request's LoRAs without the pack's few-step one: what its picture is named after and its list shows. */
export function withoutFewSteps(uses: readonly RelationLoraUse[]): readonly RelationLoraUse[] {
  return uses.filter(({ lora }) => lora !== FEW_STEPS);
}

/** LCM-LoRA draws in 4 to 8 steps; guidance of 1 is none, as it was distilled with its own. */
const LCM: FewStepDefaults = { sampler: 'lcm', steps: 8, guidance: 1 };
const IS_LCM = /(^|[^a-z])lcm([^a-z]|$)/i;
/** "sdxl_lightning_4step_lora": one file for each number of steps, which must be kept. */
const LIGHTNING = /lightning.*?(\d+)[-_ ]?steps?/i;

/**
 * Sampler, steps and guidance that a few-step LoRA was distilled for, by the name or address under which it
 * is published: its file says nothing of it. Undefined if none of them is such a LoRA.
 */
export function fewStepDefaults(names: readonly string[]): FewStepDefaults | undefined {
  for (const name of names) {
    const steps = LIGHTNING.exec(name)?.[1];
    if (steps !== undefined) return { sampler: 'euler-trailing', steps: Number(steps), guidance: 1 };
    if (IS_LCM.test(name)) return LCM;
  }
  return undefined;
}
