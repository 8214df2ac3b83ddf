import { AppError } from '../shared/errors.ts';

/** How a row of the benchmark draws its pictures. */
export interface RowPlan {
  readonly name: string;
  /** False draws from the prompt alone. */
  readonly photos: boolean;
  /** RelationLoRAs of the pack, of a folder `<relation>/pytorch_lora_weights.safetensors`, or none. */
  readonly loras: 'none' | 'pack' | { readonly folder: string };
  readonly localTokens: boolean;
  /** 'first' gives every object the first photo's local tokens, as the published code does. */
  readonly localTokensOf: 'own' | 'first';
}

const FULL = { photos: true, loras: 'pack', localTokens: true, localTokensOf: 'own' } as const;

/** Rows that any pack can have; others need RelationLoRAs of their own. */
export const ROWS: readonly RowPlan[] = [
  { ...FULL, name: 'base-without-photos', photos: false, loras: 'none' },
  { ...FULL, name: 'base', loras: 'none' },
  { ...FULL, name: 'without-local-tokens', localTokens: false },
  { ...FULL, name: 'first-photo-tokens', localTokensOf: 'first' },
  { ...FULL, name: 'full' },
];

/** The row that the others are compared with: MS-Diffusion's. */
export const REFERENCE_ROW = 'base';
/** The data engine's own pictures, scored alike: what the judges and CLIP can give at most. */
export const TRUTH_ROW = 'renderings';

const NAME = /^[a-z0-9][a-z0-9-]*$/;

/**
 * "base,full,no-kml=loras/no-kml" as plans: names of {@link ROWS}, or a new name and a folder of
 * RelationLoRAs, else like the full row. Throws AppError 'bad-request'.
 */
export function parseRows(text: string): readonly RowPlan[] {
  return text.split(',').map((item) => {
    const [name = '', folder] = item.split('=');
    const known = ROWS.find((row) => row.name === name);
    if (folder === undefined && known !== undefined) return known;
    if (folder !== undefined && folder !== '' && known === undefined && NAME.test(name)) {
      return { ...FULL, name, loras: { folder } };
    }
    throw new AppError(
      'bad-request',
      `There is no row "${item}". Expected ${ROWS.map((row) => row.name).join(', ')}, or a new name in small letters and a folder of RelationLoRAs: no-kml=FOLDER.`,
    );
  });
}
