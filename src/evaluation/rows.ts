import { AppError } from '../shared/errors.ts';

/** What a row learned of the relations, if anything. */
export type Learned =
  | { readonly kind: 'nothing' }
  /** The pack's own RelationLoRAs. */
  | { readonly kind: 'pack' }
  /** Folders `<relation>/pytorch_lora_weights.safetensors` in `folder`. */
  | { readonly kind: 'loras'; readonly folder: string }
  /** What `training.run --variant` left in its work folder. */
  | { readonly kind: 'variant'; readonly variant: string; readonly files: 'loras' | 'words' };

/** How a row of the benchmark draws its pictures. */
export interface RowPlan {
  readonly name: string;
  /** False draws from the prompt alone. */
  readonly photos: boolean;
  readonly learned: Learned;
  readonly localTokens: boolean;
  /** 'first' gives every object the first photo's local tokens, as the published code does. */
  readonly localTokensOf: 'own' | 'first';
  /** Cells of the local tokens' grid on each side. */
  readonly localGrid: 2 | 4 | 8;
  readonly speed: Speed;
}

/** With the pack's own steps, with fewer of the same kind, or with its few-step LoRA and what that was distilled for. */
export type Speed =
  | { readonly kind: 'pack' }
  | { readonly kind: 'steps'; readonly steps: number }
  | { readonly kind: 'few-steps' };

const FULL = {
  photos: true,
  learned: { kind: 'pack' },
  localTokens: true,
  localTokensOf: 'own',
  localGrid: 4,
  speed: { kind: 'pack' },
} as const;
const variant = (name: string, files: 'loras' | 'words' = 'loras'): Learned => ({
  kind: 'variant',
  variant: name,
  files,
});

/** The paper's comparison and ablation (Tables 1 and 4), in its order. */
export const ROWS: readonly RowPlan[] = [
  { ...FULL, name: 'base-without-photos', photos: false, learned: { kind: 'nothing' } },
  { ...FULL, name: 'base', learned: { kind: 'nothing' } },
  { ...FULL, name: 'text-inversion', learned: variant('text-inversion', 'words') },
  { ...FULL, name: 'no-relation-data', learned: variant('no-relation-data') },
  { ...FULL, name: 'no-kml', learned: variant('no-kml') },
  { ...FULL, name: 'without-local-tokens', localTokens: false },
  { ...FULL, name: 'first-photo-tokens', localTokensOf: 'first' },
  { ...FULL, name: 'full' },
];

/** The sweeps over the keypoint matching loss's weight and the number of local tokens (Tables 6 and 7). */
export const SWEEP_ROWS: readonly RowPlan[] = [
  { ...FULL, name: 'lambda-1e-2', learned: variant('lambda-1e-2') },
  { ...FULL, name: 'lambda-1e-4', learned: variant('lambda-1e-4') },
  { ...FULL, name: 'local-4', learned: variant('local-4'), localGrid: 2 },
  { ...FULL, name: 'local-64', learned: variant('local-64'), localGrid: 8 },
];

/** What fewer steps cost, with and without the LoRA that was distilled for four. */
export const SPEED_ROWS: readonly RowPlan[] = [
  { ...FULL, name: 'few-steps', speed: { kind: 'few-steps' } },
  { ...FULL, name: 'plain-4-steps', speed: { kind: 'steps', steps: 4 } },
  { ...FULL, name: 'plain-8-steps', speed: { kind: 'steps', steps: 8 } },
];

/** The row that the others are compared with: MS-Diffusion's. */
export const REFERENCE_ROW = 'base';
/** The data engine's own pictures, scored alike: what the judges and CLIP can give at most. */
export const TRUTH_ROW = 'renderings';

const KNOWN = [...ROWS, ...SWEEP_ROWS, ...SPEED_ROWS];
const NAME = /^[a-z0-9][a-z0-9-]*$/;

/** Folder of a variant in training's work folder; `training/toybox/variants.py` names it. */
export function variantFolder(name: string): string {
  return `relation-loras-${name}`;
}

/**
 * "base,full,mine=loras/mine" as plans: names of {@link ROWS}, {@link SWEEP_ROWS} and {@link SPEED_ROWS}, or a new name and a
 * folder of RelationLoRAs, else like the full row. Throws AppError 'bad-request'.
 */
export function parseRows(text: string): readonly RowPlan[] {
  return text.split(',').map((item) => {
    const [name = '', folder] = item.split('=');
    const known = KNOWN.find((row) => row.name === name);
    if (folder === undefined && known !== undefined) return known;
    if (folder !== undefined && folder !== '' && known === undefined && NAME.test(name)) {
      return { ...FULL, name, learned: { kind: 'loras', folder } };
    }
    throw new AppError(
      'bad-request',
      `There is no row "${item}". Expected ${KNOWN.map((row) => row.name).join(', ')}, or a new name in small letters and a folder of RelationLoRAs: mine=FOLDER.`,
    );
  });
}
