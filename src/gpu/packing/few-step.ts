import type { PackDescription } from './plan-pack.ts';
import type { LoraToMerge } from './merge-loras.ts';

type FewStepDefaults = Pick<PackDescription['defaults'], 'sampler' | 'steps' | 'guidance'>;

/** LCM-LoRA draws in 4 to 8 steps; guidance of 1 is none, as it was distilled with its own. */
const LCM: FewStepDefaults = { sampler: 'lcm', steps: 8, guidance: 1 };
const IS_LCM = /(^|[^a-z])lcm([^a-z]|$)/i;
/** "sdxl_lightning_4step_lora": one file for each number of steps, which must be kept. */
const LIGHTNING = /lightning.*?(\d+)[-_ ]?steps?/i;

/**
 * Sampler, steps and guidance that a few-step LoRA was distilled for, by its published name: its file says
 * nothing of it. Undefined if none of them is such a LoRA.
 */
export function fewStepDefaults(loras: readonly LoraToMerge[]): FewStepDefaults | undefined {
  for (const { source } of loras) {
    const steps = LIGHTNING.exec(source.name)?.[1];
    if (steps !== undefined) return { sampler: 'euler-trailing', steps: Number(steps), guidance: 1 };
    if (IS_LCM.test(source.name)) return LCM;
  }
  return undefined;
}
