/** `npm run build:kernels`: assembles `src/weights/kernels-text.ts` into `src/weights/kernels-wasm.ts`; a test holds one against the other. */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import wabt from 'wabt';
import { KERNELS_TEXT } from '../weights/kernels-text.ts';

/** The module `kernels-wasm.ts`, formatted. */
export async function kernelsModule(): Promise<string> {
  const tools = await wabt();
  const module = tools.parseWat('kernels.wat', KERNELS_TEXT, { simd: true });
  module.validate();
  const { buffer } = module.toBinary({ write_debug_names: true });
  const chunks =
    Buffer.from(buffer)
      .toString('base64')
      .match(/.{1,96}/g) ?? [];
  return `/** Made by src/cli/build-kernels.ts: npm run build:kernels. */\nexport const KERNELS_WASM =\n${chunks
    .map((chunk) => `  '${chunk}'`)
    .join(' +\n')};\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(new URL('../weights/kernels-wasm.ts', import.meta.url), await kernelsModule());
}
