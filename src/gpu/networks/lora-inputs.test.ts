import { describe, expect, it } from 'vitest';
import { AppError } from '../../shared/errors.ts';
import type { LoraDelta } from '../../weights/lora.ts';
import { packLoraInputs, paddedLoraRank } from './lora-inputs.ts';
import { tinyUnetConfig } from './test-configs.ts';
import { parseUnetConfig } from './unet-config.ts';

const config = parseUnetConfig(tinyUnetConfig);
const CHANNELS = 96;
/** Its place among the 96-wide layers in the order of execution: two of the down path, then mid 0 and 1. */
const path = 'mid_block.attentions.0.transformer_blocks.1.attn2';
const WIDTH_INDEX = 3;

function delta(rank: number, change: Partial<LoraDelta> = {}): LoraDelta {
  return {
    path,
    module: 'to_q',
    rank,
    down: Float32Array.from({ length: rank * CHANNELS }, (_, index) => index),
    up: Float32Array.from({ length: CHANNELS * rank }, (_, index) => 1000 + index),
    alpha: rank,
    ...change,
  };
}

describe('LoRA inputs', () => {
  it('are zero without LoRAs, with one pair for every width', () => {
    const inputs = packLoraInputs(config, [], ['to_k', 'to_out.0']);
    expect(Object.fromEntries(Object.entries(inputs).map(([name, { shape }]) => [name, shape]))).toEqual({
      'loraKDown.64': [3, 48, 16],
      'loraKUp.64': [3, 16, 64],
      'loraKDown.96': [8, 48, 16],
      'loraKUp.96': [8, 16, 96],
      'loraOutDown.64': [3, 64, 16],
      'loraOutUp.64': [3, 16, 64],
      'loraOutDown.96': [8, 96, 16],
      'loraOutUp.96': [8, 16, 96],
    });
    expect(Object.values(inputs).every(({ data }) => data.every((value) => Number(value) === 0))).toBe(true);
  });

  it('lie at their layer, stacked along the rank, with weight · alpha / r in Up', () => {
    const loras = [
      { deltas: [delta(2)], weight: 1 },
      { deltas: [delta(4, { alpha: 8 })], weight: 0.5 },
    ];
    const inputs = packLoraInputs(config, loras, ['to_q'], 8);
    const down = Array.from(inputs['loraQDown.96']?.data ?? [], Number);
    const up = Array.from(inputs['loraQUp.96']?.data ?? [], Number);
    const downAt = (input: number, column: number): number | undefined =>
      down[(WIDTH_INDEX * CHANNELS + input) * 8 + column];
    const upAt = (row: number, output: number): number | undefined =>
      up[(WIDTH_INDEX * 8 + row) * CHANNELS + output];
    expect([downAt(5, 1), downAt(5, 2), downAt(5, 5), downAt(5, 6)]).toEqual([101, 5, 293, 0]);
    expect([upAt(1, 7), upAt(2, 7), upAt(5, 7), upAt(6, 7)]).toEqual([1015, 1028, 1031, 0]);
    expect(down.slice(0, WIDTH_INDEX * CHANNELS * 8).every((value) => value === 0)).toBe(true);
  });

  it('need a larger rank when they are many', () => {
    const of = (...ranks: number[]) => ranks.map((rank) => ({ deltas: [delta(rank)], weight: 1 }));
    expect(paddedLoraRank([])).toBe(16);
    expect(paddedLoraRank(of(4, 4, 8))).toBe(16);
    expect(paddedLoraRank(of(4, 4, 9))).toBe(32);
    expect(() => packLoraInputs(config, of(16, 1), ['to_q'])).toThrow(/rank 17, but only 16 fit/);
  });

  it('refuse a LoRA of another model', () => {
    const pack = (change: Partial<LoraDelta>) => () =>
      packLoraInputs(config, [{ deltas: [delta(1, change)], weight: 1 }], ['to_q']);
    expect(pack({ path: 'down_blocks.3.attentions.0.transformer_blocks.0.attn2' })).toThrow(AppError);
    expect(pack({ down: new Float32Array(320) })).toThrow(/should map 96 to 96 channels.*\[1, 320\]/);
  });
});
