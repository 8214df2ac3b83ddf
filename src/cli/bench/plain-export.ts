import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { GraphModel } from '../../gpu/runtime/runtime.ts';
import { AppError } from '../../shared/errors.ts';
import { decodeNpy } from '../../weights/npy.ts';
import { encodeSafetensors, type SafetensorsInput } from '../../weights/safetensors.ts';
import type { StoredComponent } from '../../weights/types.ts';
import type { StepCase } from './step-case.ts';

const SCRIPT = fileURLToPath(new URL('../../../tests/golden/export_unet.py', import.meta.url));
const versionsSchema = z.record(z.string(), z.union([z.string(), z.number()]));

export interface PlainExport {
  readonly model: GraphModel;
  /** PyTorch's own prediction for the case. */
  readonly prediction: Float32Array;
  readonly versions: z.infer<typeof versionsSchema>;
}

/** A network whose tensors are all float32 numbers in one shard. */
export interface FloatWeights {
  readonly component: StoredComponent;
  readonly bytes: Uint8Array;
}

/**
 * The graph that `torch.onnx.export` makes of the same weights, made once per folder by
 * tests/golden/export_unet.py. Throws AppError 'bad-request' if Python or one of its packages is missing.
 */
export async function plainExport(
  step: StepCase,
  weights: readonly FloatWeights[],
  { folder, python }: { readonly folder: string; readonly python: string },
): Promise<PlainExport> {
  if (!existsSync(join(folder, 'versions.json'))) {
    await writeCase(folder, step, weights);
    await runPython(python, [SCRIPT, folder]);
  }
  const ports = Object.entries(step.raw).map(([name, { type, shape }]) => ({ name, type, shape }));
  const shape = step.raw['sample']?.shape ?? [];
  const prediction = decodeNpy(new Uint8Array(await readFile(join(folder, 'prediction.npy'))));
  if (prediction.dtype !== 'f4') throw new AppError('internal', 'The exported prediction is not float32.');
  return {
    model: {
      name: 'torch.onnx.export',
      bytes: new Uint8Array(await readFile(join(folder, 'plain.onnx'))),
      shards: [],
      inputs: ports,
      outputs: [{ name: 'output', type: 'float32', shape }],
    },
    prediction: prediction.data,
    versions: versionsSchema.parse(JSON.parse(await readFile(join(folder, 'versions.json'), 'utf8'))),
  };
}

async function writeCase(folder: string, step: StepCase, weights: readonly FloatWeights[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  const tensors = new Map<string, SafetensorsInput>();
  for (const { component, bytes } of weights) {
    for (const { name, shape, data } of component.tensors.values()) {
      const values = new Float32Array(bytes.buffer, bytes.byteOffset + data.byteOffset, data.byteLength / 4);
      tensors.set(name, { shape, data: values });
    }
  }
  const inputs = new Map<string, SafetensorsInput>();
  for (const [name, { shape, data }] of Object.entries(step.raw)) {
    inputs.set(name, { shape, data: Float32Array.from(data, Number) });
  }
  inputs.set('boxes', { shape: [step.boxes.length, 4], data: Float32Array.from(step.boxes.flat()) });
  await writeFile(join(folder, 'weights.safetensors'), encodeSafetensors(tensors));
  await writeFile(join(folder, 'inputs.safetensors'), encodeSafetensors(inputs));
  await writeFile(join(folder, 'config.json'), JSON.stringify(weights[0]?.component.config));
}

function runPython(python: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(python, args, { stdio: ['ignore', 'inherit', 'inherit'] });
    const failed = (why: string): void => {
      reject(
        new AppError(
          'bad-request',
          `${python} ${args.join(' ')} ${why}. It needs torch, diffusers, onnx and onnxscript; name another ` +
            'interpreter with --python, or leave the comparison out with --no-plain.',
        ),
      );
    };
    child.on('error', (error) => {
      failed(`did not start (${error.message})`);
    });
    child.on('exit', (code) => {
      if (code === 0) resolve();
      else failed(`ended with code ${code ?? 'none'}`);
    });
  });
}
