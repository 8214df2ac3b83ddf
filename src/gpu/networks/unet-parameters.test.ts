import { describe, expect, it } from 'vitest';
import { AppError } from '../../shared/errors.ts';
import { attentionResolutions, crossAttentionLayout } from './cross-attention-layout.ts';
import { sdxlUnetConfig, tinyUnetConfig } from './test-configs.ts';
import { parseUnetConfig } from './unet-config.ts';
import { adapterNames, crossAttentionParameters, unetParameters } from './unet-parameters.ts';

const sdxl = parseUnetConfig(sdxlUnetConfig);
const count = (specs: ReturnType<typeof unetParameters>): number =>
  specs.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);

describe('the parameter list of SDXL', () => {
  const adapter = crossAttentionParameters(sdxl).filter(({ name }) => name.endsWith('_ip.weight'));
  const text = crossAttentionParameters(sdxl).filter(({ name }) => !name.endsWith('_ip.weight'));

  it('has the published number of parameters', () => {
    expect(count(unetParameters(sdxl)) + count(text)).toBe(2_567_463_684);
  });

  it('has the adapter of MS-Diffusion: 140 tensors, 340,787,200 values', () => {
    expect(adapter).toHaveLength(140);
    expect(count(adapter)).toBe(340_787_200);
  });

  it('names every tensor once', () => {
    const names = [...unetParameters(sdxl), ...crossAttentionParameters(sdxl)].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('the map of cross-attention layers', () => {
  const layout = crossAttentionLayout(sdxl);

  it('lists 70 layers of 1300 heads in the order of execution', () => {
    expect(layout.layers).toHaveLength(70);
    expect(layout).toMatchObject({ totalHeads: 1300, headDim: 64, levels: [1, 2] });
    expect(layout.layers[24]).toMatchObject({
      path: 'mid_block.attentions.0.transformer_blocks.0.attn2',
      headOffset: 4 * 10 + 20 * 20,
      resolution: 1,
    });
    expect(layout.layers[69]).toMatchObject({
      path: 'up_blocks.1.attentions.2.transformer_blocks.1.attn2',
      headOffset: 1290,
      resolution: 0,
    });
  });

  it('counts adapter indices in the order down, up, mid', () => {
    const indexOf = (path: string): number | undefined =>
      layout.layers.find((layer) => layer.path === `${path}.attn2`)?.adapterIndex;
    expect(indexOf('down_blocks.1.attentions.0.transformer_blocks.0')).toBe(1);
    expect(indexOf('down_blocks.2.attentions.1.transformer_blocks.9')).toBe(47);
    expect(indexOf('up_blocks.0.attentions.0.transformer_blocks.0')).toBe(49);
    expect(indexOf('up_blocks.1.attentions.2.transformer_blocks.1')).toBe(119);
    expect(indexOf('mid_block.attentions.0.transformer_blocks.0')).toBe(121);
    expect(indexOf('mid_block.attentions.0.transformer_blocks.9')).toBe(139);
    expect(layout.layers.map(({ adapterIndex }) => adapterIndex).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 70 }, (_, index) => 2 * index + 1),
    );
  });

  it('renames the adapter’s tensors', () => {
    expect(adapterNames(sdxl).get('139.to_v_ip.weight')).toBe(
      'mid_block.attentions.0.transformer_blocks.9.attn2.to_v_ip.weight',
    );
    expect(adapterNames(sdxl).size).toBe(140);
  });

  it('gives the attention sizes of a 1024 × 768 picture', () => {
    expect(attentionResolutions(sdxl, 96, 128)).toEqual([
      { height: 48, width: 64 },
      { height: 24, width: 32 },
    ]);
    expect(() => attentionResolutions(sdxl, 97, 128)).toThrow(/multiples of 4/);
  });

  it('refuses heads of different widths', () => {
    const mixed = parseUnetConfig({ ...tinyUnetConfig, attention_head_dim: [2, 4, 4] });
    expect(() => crossAttentionLayout(mixed)).toThrow(/same width, found 16, 24/);
  });
});

describe('U-Net configs', () => {
  it.each([
    [
      'another block type',
      { down_block_types: ['AttnDownBlock2D', 'DownBlock2D', 'DownBlock2D'] },
      /down_block_types/,
    ],
    ['convolutions for projections', { use_linear_projection: false }, /use_linear_projection/],
    ['other additions', { addition_embed_type: 'text' }, /addition_embed_type/],
    ['a scale-shift time embedding', { resnet_time_scale_shift: 'scale_shift' }, /resnet_time_scale_shift/],
    ['a list of the wrong length', { attention_head_dim: [2, 4] }, /expected 3 values/],
    ['groups that do not divide', { norm_num_groups: 24 }, /24 groups/],
  ])('refuse %s with the field’s name', (_, change, message) => {
    const parse = () => parseUnetConfig({ ...tinyUnetConfig, ...change });
    expect(parse).toThrow(AppError);
    expect(parse).toThrow(message);
  });
});
