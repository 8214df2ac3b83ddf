import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseRows, ROWS, SWEEP_ROWS, variantFolder } from '../evaluation/rows.ts';
import { learnedOf } from './relationbench-painter.ts';

let trained = '';
const NO_FEW_STEPS = {};

beforeEach(async () => {
  trained = await mkdtemp(path.join(tmpdir(), 'trained-'));
});

afterEach(async () => {
  await rm(trained, { recursive: true });
});

async function leave(variant: string, file: string): Promise<void> {
  const folder = path.join(trained, variantFolder(variant), 'hugging');
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, file), 'learned');
}

async function missing(): Promise<readonly string[]> {
  const names: string[] = [];
  for (const row of [...ROWS, ...SWEEP_ROWS]) {
    if ((await learnedOf(row, trained, NO_FEW_STEPS)) === undefined) names.push(row.name);
  }
  return names;
}

describe('the rows of the benchmark', () => {
  it('are missing as long as their training is', async () => {
    const sweeps = ['lambda-1e-2', 'lambda-1e-4', 'local-4', 'local-64'];
    expect(await missing()).toEqual(['text-inversion', 'no-relation-data', 'no-kml', ...sweeps]);
    await leave('no-kml', 'pytorch_lora_weights.safetensors');
    await leave('text-inversion', 'pytorch_lora_weights.safetensors');
    expect(await missing()).toEqual(['text-inversion', 'no-relation-data', ...sweeps]);
    await leave('text-inversion', 'relation_word.safetensors');
    expect(await missing()).toEqual(['no-relation-data', ...sweeps]);
  });

  it('for few steps are missing as long as the pack has no LoRA for them', async () => {
    const [row] = parseRows('few-steps');
    if (row === undefined) throw new Error('Expected a row.');
    expect(await learnedOf(row, trained, NO_FEW_STEPS)).toBeUndefined();
    const file = { file: 'few-steps.safetensors', byteLength: 1, sha256: '0'.repeat(64) };
    const fewSteps = { file, sampler: 'euler', steps: 4, guidance: 1 } as const;
    expect(await learnedOf(row, trained, { fewSteps })).toBeDefined();
  });

  it('bring their own files by relation', async () => {
    await leave('no-kml', 'pytorch_lora_weights.safetensors');
    const [row] = parseRows('no-kml');
    const found = row && (await learnedOf(row, trained, NO_FEW_STEPS));
    expect([...(found?.loras.keys() ?? [])]).toEqual(['hugging']);
    expect(found?.words.size).toBe(0);
  });

  it('refuse a folder that was named and holds none', async () => {
    const [row] = parseRows(`mine=${trained}`);
    if (row === undefined) throw new Error('Expected a row.');
    await expect(learnedOf(row, trained, NO_FEW_STEPS)).rejects.toMatchObject({ code: 'bad-request' });
    expect(() => parseRows('nothing-like-this')).toThrow('There is no row');
  });
});
