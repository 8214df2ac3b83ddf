import { describe, expect, it } from 'vitest';
import { createRandom } from '../../shared/random.ts';
import { halfToFloat } from '../../weights/test-support.ts';
import type { LoraDelta } from '../../weights/lora.ts';
import { relativeError } from '../graph/test-support-node.ts';
import { parseClipTextConfig } from './clip-text.ts';
import {
  allLoraGroups,
  crossAttentionLoraGroups,
  keyValueLoraGroups,
  linearLoraGroups,
  textLoraGroups,
} from './lora-groups.ts';
import { checkLoraFits, packLoraInputs, paddedLoraRanks, paddedTextRank } from './lora-inputs.ts';
import { sdxlUnetConfig, tinyUnetConfig } from './test-configs.ts';
import { parseUnetConfig } from './unet-config.ts';

const config = parseUnetConfig(tinyUnetConfig);
const textConfig = parseClipTextConfig({
  architectures: ['CLIPTextModel'],
  vocab_size: 100,
  max_position_embeddings: 77,
  projection_dim: 16,
  hidden_size: 32,
  intermediate_size: 64,
  num_hidden_layers: 2,
  num_attention_heads: 2,
});
const CHANNELS = 96;
/** Its place among the 96-wide layers in the order of execution: two of the down path, then mid 0 and 1. */
const path = 'mid_block.attentions.0.transformer_blocks.1.attn2.to_q';
const PLACE = 3;

function delta(rank: number, change: Partial<LoraDelta> = {}): LoraDelta {
  return {
    path,
    rank,
    down: Float32Array.from({ length: rank * CHANNELS }, (_, index) => index),
    up: Float32Array.from({ length: CHANNELS * rank }, (_, index) => 1000 + index),
    alpha: rank,
    ...change,
  };
}

describe('LoRA inputs', () => {
  it('are zero without LoRAs, with one pair for every width', () => {
    const inputs = packLoraInputs([...keyValueLoraGroups(config), ...crossAttentionLoraGroups(config)], []);
    expect(Object.fromEntries(Object.entries(inputs).map(([name, { shape }]) => [name, shape]))).toEqual({
      'loraKDown.64': [3, 48, 16],
      'loraKUp.64': [3, 16, 64],
      'loraKDown.96': [8, 48, 16],
      'loraKUp.96': [8, 16, 96],
      'loraVDown.64': [3, 48, 16],
      'loraVUp.64': [3, 16, 64],
      'loraVDown.96': [8, 48, 16],
      'loraVUp.96': [8, 16, 96],
      'loraQDown.64': [3, 64, 16],
      'loraQUp.64': [3, 16, 64],
      'loraQDown.96': [8, 96, 16],
      'loraQUp.96': [8, 16, 96],
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
    const inputs = packLoraInputs(crossAttentionLoraGroups(config), loras, { rank: 8, type: 'float32' });
    const down = Array.from(inputs['loraQDown.96']?.data ?? [], Number);
    const up = Array.from(inputs['loraQUp.96']?.data ?? [], Number);
    const downAt = (input: number, column: number): number | undefined =>
      down[(PLACE * CHANNELS + input) * 8 + column];
    const upAt = (row: number, output: number): number | undefined =>
      up[(PLACE * 8 + row) * CHANNELS + output];
    expect([downAt(5, 1), downAt(5, 2), downAt(5, 5), downAt(5, 6)]).toEqual([101, 5, 293, 0]);
    expect([upAt(1, 7), upAt(2, 7), upAt(5, 7), upAt(6, 7)]).toEqual([1015, 1028, 1031, 0]);
    expect(down.slice(0, PLACE * CHANNELS * 8).every((value) => value === 0)).toBe(true);
  });

  it('keep their digits in float16, however small alpha makes the factor', () => {
    const random = createRandom(1);
    const draw = (size: number): Float32Array =>
      Float32Array.from({ length: CHANNELS }, () => random.uniform(-size, size));
    const small = delta(1, { down: draw(0.1), up: draw(0.001), alpha: 1 / 128 });
    const inputs = packLoraInputs(crossAttentionLoraGroups(config), [{ deltas: [small], weight: 1 }], {
      rank: 1,
      type: 'float16',
    });
    const ofLayer = (name: string): number[] =>
      Array.from(inputs[name]?.data ?? [], (bits: number | bigint) => halfToFloat(Number(bits))).slice(
        PLACE * CHANNELS,
        (PLACE + 1) * CHANNELS,
      );
    const [down, up] = [ofLayer('loraQDown.96'), ofLayer('loraQUp.96')];
    const products = down.map((value, at) => value * (up[at] ?? 0));
    const exact = [...small.down].map((value, at) => (value * (small.up[at] ?? 0)) / 128);
    expect(relativeError(products, exact)).toBeLessThan(1e-3);
  });

  it('need a larger rank when they are many, and inputs for other layers only where one is changed', () => {
    const of = (...ranks: number[]) => ranks.map((rank) => ({ deltas: [delta(rank)], weight: 1 }));
    expect(paddedLoraRanks([])).toEqual({ attention: 16, linear: 0 });
    expect(paddedLoraRanks(of(4, 4, 8))).toEqual({ attention: 16, linear: 0 });
    expect(paddedLoraRanks(of(4, 4, 9))).toEqual({ attention: 32, linear: 0 });
    const style = { deltas: [delta(33, { path: 'mid_block.attentions.0.proj_in' })], weight: 1 };
    expect(paddedLoraRanks([...of(4), style])).toEqual({ attention: 16, linear: 48 });
    const pack = () => packLoraInputs(crossAttentionLoraGroups(config), of(16, 1));
    expect(pack).toThrow(/rank 17, but only 16 fit/);
  });

  it('are apart for the text encoders, which the step graph knows nothing of', () => {
    const inText = (encoder: string) => `${encoder}.text_model.encoder.layers.1.mlp.fc1`;
    const loras = [
      { deltas: [delta(4)], weight: 1 },
      { deltas: [delta(17, { path: inText('text_encoder_2') })], weight: 1 },
    ];
    expect(paddedLoraRanks(loras)).toEqual({ attention: 16, linear: 0 });
    expect(paddedTextRank('text_encoder', loras)).toBe(0);
    expect(paddedTextRank('text_encoder_2', loras)).toBe(32);
    const groups = textLoraGroups('text_encoder_2', textConfig);
    expect(groups.flatMap(({ paths }) => paths)).toHaveLength(2 * 6);
    const group = groups.find(({ paths }) => paths.includes(inText('text_encoder_2')));
    expect(group).toMatchObject({ inWidth: 32, outWidth: 64 });
  });

  it('refuse a LoRA of another model', () => {
    const groups = allLoraGroups({ unet: config, textEncoder: textConfig, textEncoder2: textConfig });
    const check = (change: Partial<LoraDelta>) => () => {
      checkLoraFits(groups, [delta(1, change)]);
    };
    expect(check({ path: 'text_encoder.text_model.encoder.layers.2.mlp.fc1' })).toThrow(/no such layer/);
    expect(check({})).not.toThrow();
    expect(check({ path: 'down_blocks.3.attentions.0.proj_in' })).toThrow(/no such layer/);
    expect(check({ down: new Float32Array(320) })).toThrow(/should map 96 to 96 channels.*\[1, 320\]/);
  });
});

describe('SDXL’s linear layers beside cross-attention', () => {
  const groups = linearLoraGroups(parseUnetConfig(sdxlUnetConfig));

  it('are all there: 70 blocks of 4 projections and 2 feed-forward layers, 11 transformers’ ends, the time’s', () => {
    const paths = groups.flatMap((group) => group.paths);
    expect(new Set(paths).size).toBe(paths.length);
    expect(paths).toHaveLength(70 * 6 + 11 * 2 + 17 + 4);
    expect(paths.filter((one) => one.includes('attn2'))).toEqual([]);
  });

  it('fit the 128 MiB that a WebGPU device binds at least, at rank 128 in float32', () => {
    const sizes = groups.map(
      ({ paths, inWidth, outWidth }) => 4 * paths.length * 128 * Math.max(inWidth, outWidth),
    );
    expect(Math.max(...sizes)).toBeLessThan(128 * 2 ** 20);
  });
});
