import { describe, expect, it } from 'vitest';
import { parseLoraKey } from './lora-keys.ts';
import { readLora } from './lora.ts';
import { safetensorsFile } from './test-support.ts';

const P = 'down_blocks.2.attentions.1.transformer_blocks.3.attn2';
const K = 'lora_unet_down_blocks_2_attentions_1_transformer_blocks_3_attn2';

describe('parseLoraKey', () => {
  it.each([
    [`unet.${P}.to_q.lora.down.weight`, `${P}.to_q`, 'down'],
    [`unet.${P}.to_out.0.lora.up.weight`, `${P}.to_out.0`, 'up'],
    [`base_model.model.${P}.to_k.lora_A.weight`, `${P}.to_k`, 'down'],
    [`unet.${P}.to_v.lora_B.default_0.weight`, `${P}.to_v`, 'up'],
    [`${P}.processor.to_out_lora.up.weight`, `${P}.to_out.0`, 'up'],
    [`unet.${P}.processor.to_q_lora.down.weight`, `${P}.to_q`, 'down'],
    [`${K}_to_out_0.lora_down.weight`, `${P}.to_out.0`, 'down'],
    [`${K}_to_k.alpha`, `${P}.to_k`, 'alpha'],
    ['unet.mid_block.attentions.0.proj_in.lora_A.weight', 'mid_block.attentions.0.proj_in', 'down'],
    ['unet.time_embedding.linear_1.lora_A.weight', 'time_embedding.linear_1', 'down'],
    ['lora_unet_add_embedding_linear_2.alpha', 'add_embedding.linear_2', 'alpha'],
    [
      'unet.down_blocks.2.attentions.1.transformer_blocks.3.ff.net.0.proj.lora.down.weight',
      'down_blocks.2.attentions.1.transformer_blocks.3.ff.net.0.proj',
      'down',
    ],
    [
      'lora_unet_mid_block_attentions_0_transformer_blocks_9_attn1_to_out_0.lora_up.weight',
      'mid_block.attentions.0.transformer_blocks.9.attn1.to_out.0',
      'up',
    ],
    [
      'lora_unet_up_blocks_0_attentions_2_transformer_blocks_1_ff_net_0_proj.lora_up.weight',
      'up_blocks.0.attentions.2.transformer_blocks.1.ff.net.0.proj',
      'up',
    ],
    [
      'lora_unet_up_blocks_0_resnets_2_time_emb_proj.lora_up.weight',
      'up_blocks.0.resnets.2.time_emb_proj',
      'up',
    ],
  ])('%s', (key, path, part) => {
    expect(parseLoraKey(key)).toEqual({ kind: 'linear', path, part });
  });

  it.each([
    ['input_blocks_4_1_proj_in', 'down_blocks.1.attentions.0.proj_in'],
    [
      'input_blocks_5_1_transformer_blocks_1_attn2_to_q',
      'down_blocks.1.attentions.1.transformer_blocks.1.attn2.to_q',
    ],
    [
      'input_blocks_7_1_transformer_blocks_0_ff_net_2',
      'down_blocks.2.attentions.0.transformer_blocks.0.ff.net.2',
    ],
    ['input_blocks_8_0_emb_layers_1', 'down_blocks.2.resnets.1.time_emb_proj'],
    ['middle_block_1_proj_out', 'mid_block.attentions.0.proj_out'],
    ['middle_block_2_emb_layers_1', 'mid_block.resnets.1.time_emb_proj'],
    ['output_blocks_0_1_proj_in', 'up_blocks.0.attentions.0.proj_in'],
    ['output_blocks_2_1_proj_in', 'up_blocks.0.attentions.2.proj_in'],
    ['output_blocks_3_0_emb_layers_1', 'up_blocks.1.resnets.0.time_emb_proj'],
    ['output_blocks_5_1_proj_in', 'up_blocks.1.attentions.2.proj_in'],
    ['time_embed_2', 'time_embedding.linear_2'],
    ['label_emb_0_0', 'add_embedding.linear_1'],
  ])('the original name %s is %s', (name, path) => {
    expect(parseLoraKey(`lora_unet_${name}.lora_up.weight`)).toEqual({ kind: 'linear', path, part: 'up' });
  });

  it.each([
    'lora_unet_conv_in.lora_down.weight',
    'lora_unet_input_blocks_3_0_op.alpha',
    'lora_unet_output_blocks_2_2_conv.lora_up.weight',
    'lora_unet_input_blocks_4_0_in_layers_2.lora_up.weight',
    'lora_unet_down_blocks_0_resnets_0_conv1.lora_up.weight',
    'unet.down_blocks.0.resnets.0.conv_shortcut.lora_A.weight',
    'up_blocks.0.upsamplers.0.conv.lora_A.weight',
    'lora_unet_double_blocks_0_img_attn_proj.lora_up.weight',
  ])('%s is no linear layer of the U-Net', (key) => {
    expect(parseLoraKey(key)).toEqual({ kind: 'other-layer' });
  });

  it.each([
    'text_encoder.text_model.embeddings.token_embedding.lora_A.weight',
    'lora_te2_text_projection.alpha',
    'bundle_emb.toy.string_to_param.*',
    `unet.${P}.to_q.weight`,
  ])('leaves %s alone', (key) => {
    expect(parseLoraKey(key)).toEqual({ kind: 'other' });
  });
});

describe('parseLoraKey of text encoders', () => {
  const layer = 'text_model.encoder.layers.11';
  it.each([
    [
      `text_encoder.${layer}.self_attn.q_proj.lora_linear_layer.down.weight`,
      'text_encoder',
      'self_attn.q_proj',
      'down',
    ],
    [
      `text_encoder_2.${layer}.self_attn.out_proj.lora_B.weight`,
      'text_encoder_2',
      'self_attn.out_proj',
      'up',
    ],
    [`text_encoder.${layer}.self_attn.to_out_lora.down.weight`, 'text_encoder', 'self_attn.out_proj', 'down'],
    ['text_encoder.encoder.layers.11.mlp.fc2.lora_A.default.weight', 'text_encoder', 'mlp.fc2', 'down'],
    ['lora_te1_text_model_encoder_layers_11_mlp_fc1.alpha', 'text_encoder', 'mlp.fc1', 'alpha'],
    [
      'lora_te2_text_model_encoder_layers_11_self_attn_k_proj.lora_up.weight',
      'text_encoder_2',
      'self_attn.k_proj',
      'up',
    ],
  ])('places %s', (key, encoder, name, part) => {
    expect(parseLoraKey(key)).toEqual({ kind: 'linear', path: `${encoder}.${layer}.${name}`, part });
  });
});

interface Matrix {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

function loraFile(
  tensors: Readonly<Record<string, Matrix>>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  const header: Record<string, unknown> = metadata === undefined ? {} : { __metadata__: metadata };
  const values: number[] = [];
  for (const [name, { shape, values: own }] of Object.entries(tensors)) {
    header[name] = {
      dtype: 'F32',
      shape,
      data_offsets: [4 * values.length, 4 * (values.length + own.length)],
    };
    values.push(...own);
  }
  return safetensorsFile(header, new Uint8Array(Float32Array.from(values).buffer));
}

const DOWN: Matrix = { shape: [2, 3], values: [1, 2, 3, 4, 5, 6] };
const UP: Matrix = { shape: [4, 2], values: [1, 0, 0, 1, 1, 1, 2, 2] };
const PEFT = { [`unet.${P}.to_q.lora_A.weight`]: DOWN, [`unet.${P}.to_q.lora_B.weight`]: UP };

const alphaOf = async (file: Uint8Array): Promise<number | undefined> =>
  (await readLora(file, 'test')).deltas[0]?.alpha;

describe('readLora', () => {
  it('gives the matrices as they are, with alpha equal to the rank', async () => {
    const { deltas, ignoredKeys } = await readLora(
      loraFile({ ...PEFT, 'text_encoder.x.lora_A.weight': DOWN }),
      'test',
    );
    expect(deltas).toEqual([
      {
        path: `${P}.to_q`,
        rank: 2,
        down: Float32Array.from(DOWN.values),
        up: Float32Array.from(UP.values),
        alpha: 2,
      },
    ]);
    expect(ignoredKeys).toEqual(['text_encoder.x.lora_A.weight']);
  });

  it('takes alpha from its tensor, then from the pattern, then from the configuration', async () => {
    const metadata = (config: object): Record<string, string> => ({
      lora_adapter_metadata: JSON.stringify(config),
    });
    const kohya = {
      [`${K}_to_q.lora_down.weight`]: DOWN,
      [`${K}_to_q.lora_up.weight`]: UP,
      [`${K}_to_q.alpha`]: { shape: [], values: [0.5] },
    };
    expect(await alphaOf(loraFile(kohya, metadata({ 'unet.lora_alpha': 8 })))).toBe(0.5);
    expect(await alphaOf(loraFile(PEFT, metadata({ 'unet.lora_alpha': 8 })))).toBe(8);
    const patterns = { 'unet.lora_alpha': 8, 'unet.alpha_pattern': { 'attn2.to_q': 3, to_k: 5 } };
    expect(await alphaOf(loraFile(PEFT, metadata(patterns)))).toBe(3);
    const stabilised = { 'unet.lora_alpha': 8, 'unet.use_rslora': true };
    expect(await alphaOf(loraFile(PEFT, metadata(stabilised)))).toBeCloseTo(8 * Math.SQRT2, 10);
    await expect(readLora(loraFile(PEFT, { lora_adapter_metadata: '{' }), 'test')).rejects.toMatchObject({
      code: 'bad-lora',
    });
  });

  const without = (key: string): Readonly<Record<string, Matrix>> =>
    Object.fromEntries(Object.entries(PEFT).filter(([name]) => !name.includes(key)));
  it.each<[string, Uint8Array, string]>([
    ['DoRA of PEFT', loraFile({ ...PEFT, [`unet.${P}.to_q.lora_magnitude_vector.weight`]: UP }), 'is a DoRA'],
    ['DoRA of kohya', loraFile({ ...PEFT, [`${K}_to_q.dora_scale`]: UP }), 'is a DoRA'],
    ['LoHa', loraFile({ [`${K}_to_q.hada_w1_a`]: UP }), 'is a LoHa'],
    ['LoKr', loraFile({ [`${K}_to_q.lokr_w1`]: UP }), 'is a LoKr'],
    ['a missing up', loraFile(without('lora_B')), 'no up matrix'],
    ['a missing down', loraFile(without('lora_A')), 'no down matrix'],
    [
      'ranks that differ',
      loraFile({ ...PEFT, [`unet.${P}.to_q.lora_B.weight`]: { shape: [2, 4], values: UP.values } }),
      'up [2, 4]',
    ],
    [
      'layers of another model',
      loraFile({ 'lora_unet_double_blocks_0_img_attn_proj.lora_up.weight': UP }),
      'is for another model',
    ],
    [
      'a convolution where a matrix was expected',
      loraFile({ ...PEFT, [`unet.${P}.to_q.lora_B.weight`]: { shape: [4, 2, 1, 1], values: UP.values } }),
      'up [4, 2, 1, 1]',
    ],
    [
      'one matrix under two names',
      loraFile({ ...PEFT, [`${P}.to_q.lora.down.weight`]: DOWN }),
      'holds the down of',
    ],
    [
      'values that are not finite',
      loraFile({ ...PEFT, [`unet.${P}.to_q.lora_B.weight`]: { ...UP, values: [NaN, 0, 0, 0, 0, 0, 0, 0] } }),
      'holds NaN',
    ],
    ['another kind of file', new TextEncoder().encode('PK a zip file'), 'not a LoRA in safetensors format'],
  ])('refuses %s', async (_, file, message) => {
    await expect(readLora(file, 'test')).rejects.toMatchObject({
      code: 'bad-lora',
      message: expect.stringContaining(message) as string,
    });
  });

  it('names the ways to merge a LoRA that changes convolutions too', async () => {
    const file = loraFile({
      ...PEFT,
      'lora_unet_conv_in.alpha': { shape: [], values: [1] },
      'lora_unet_conv_in.lora_down.weight': { shape: [1, 2, 1, 1], values: [1, 2] },
    });
    await expect(readLora(file, 'locon')).rejects.toMatchObject({
      code: 'lora-to-merge',
      message:
        '"locon" also changes convolutions (it has "lora_unet_conv_in.lora_down.weight"), which only works as a part ' +
        'of the weights: merge it when a model is installed (--merge-lora FILE of npm run pack, or “LoRAs to merge” in the Library).',
    });
  });
});
