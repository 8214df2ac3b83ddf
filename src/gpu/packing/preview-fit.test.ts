import { describe, expect, it } from 'vitest';
import { randomComponent } from '../graph/test-support-node.ts';
import { parseVaeConfig, vaeDecoderParameters } from '../networks/vae-decoder.ts';
import { keepOnHost, hostTensor, type Runtime, type Session } from '../runtime/runtime.ts';
import { fitPreviewMatrix } from './preview-fit.ts';

const CONFIG = {
  block_out_channels: [8, 8],
  up_block_types: ['UpDecoderBlock2D', 'UpDecoderBlock2D'],
  latent_channels: 2,
  norm_num_groups: 4,
  scaling_factor: 0.5,
};
const { component, readShard } = randomComponent(vaeDecoderParameters(parseVaeConfig(CONFIG)), 1);
const vae = { ...component, config: CONFIG };

/** Colours (0..1) of a latent cell in the U-Net's units, last row the bias: what the fit should find. */
const TRUE_MATRIX = [
  [0.05, 0, -0.02],
  [0.01, -0.04, 0.03],
  [0.5, 0.4, 0.6],
];

/** A runtime whose decoder paints each latent cell as 2×2 pixels around the colour of TRUE_MATRIX. */
function affineRuntime(disposed: string[], type: 'float32' | 'int32' = 'float32'): Runtime {
  return {
    report: {
      provider: 'cpu',
      label: 'affine',
      reason: 'for tests',
      threads: 1,
      float16: false,
      fusedAttention: false,
    },
    readsFiles: false,
    upload: keepOnHost,
    createSession(model): Promise<Session> {
      return Promise.resolve({
        model,
        run({ latents }) {
          if (latents?.location !== 'host') throw new Error('Expected latents in host memory.');
          const [, , height = 0, width = 0] = latents.shape;
          const image = new Float32Array(3 * 4 * height * width);
          for (let index = 0; index < image.length; index += 1) {
            const color = Math.floor(index / (4 * height * width));
            const [y, x] = [Math.floor(index / (2 * width)) % (2 * height), index % (2 * width)];
            const cell = Math.floor(y / 2) * width + Math.floor(x / 2);
            const value = [0, 1].reduce(
              // The decoder takes latents divided by the scaling factor.
              (sum, channel) =>
                sum +
                Number(latents.data[channel * height * width + cell]) *
                  CONFIG.scaling_factor *
                  (TRUE_MATRIX[channel]?.[color] ?? NaN),
              TRUE_MATRIX[2]?.[color] ?? NaN,
            );
            // A texture inside the cell, which the mean must cancel.
            image[index] = 2 * (value + ((x + y) % 2 === 0 ? 0.05 : -0.05)) - 1;
          }
          const data = type === 'float32' ? image : Int32Array.from(image);
          return Promise.resolve({ image: hostTensor(type, [1, 3, 2 * height, 2 * width], data) });
        },
        dispose() {
          disposed.push(model.name);
          return Promise.resolve();
        },
      });
    },
    dispose: () => Promise.resolve(),
  };
}

describe('fitPreviewMatrix', () => {
  it('finds the affine map from latent cells to mean colours', async () => {
    const disposed: string[] = [];
    const matrix = await fitPreviewMatrix(affineRuntime(disposed), vae, readShard);
    expect(matrix).toHaveLength(3);
    for (const [row, expected] of TRUE_MATRIX.entries()) {
      for (const [color, value] of expected.entries()) expect(matrix[row]?.[color]).toBeCloseTo(value, 4);
    }
    expect(disposed).toHaveLength(1);
  });

  it('gives the session back when the decoder fails', async () => {
    const disposed: string[] = [];
    await expect(fitPreviewMatrix(affineRuntime(disposed, 'int32'), vae, readShard)).rejects.toMatchObject({
      code: 'internal',
    });
    expect(disposed).toHaveLength(1);
  });
});
