/** session-memory.ts runs this in a process of its own: FOLDER PROVIDER THREADS LATENT-HEIGHT LATENT-WIDTH */
import { z } from 'zod';
import { DEFAULT_ATTENTION } from '../../gpu/graph/attention.ts';
import { buildUnet } from '../../gpu/networks/unet.ts';
import { parseUnetConfig } from '../../gpu/networks/unet-config.ts';
import { floatTensor } from '../../gpu/pipeline/tensors.ts';
import { createNodeRuntime, createNodeWasmRuntime } from '../../gpu/runtime/node-runtime.ts';
import { createFolderStore } from '../../weights/node-store.ts';
import { componentSchema } from '../../weights/pack-manifest.ts';
import { storedComponent } from '../../weights/pack-reader.ts';
import { elementCount } from '../../weights/shape.ts';
import { measurePeak } from './peak-memory.ts';
import { COMPONENT_FILE } from './requantize.ts';

const RUNS = 3;
const [folder, provider, threads, latentHeight, latentWidth] = z
  .tuple([
    z.string(),
    z.enum(['cpu', 'wasm']),
    z.coerce.number().int(),
    z.coerce.number().int(),
    z.coerce.number().int(),
  ])
  .parse(process.argv.slice(2));

const store = createFolderStore(folder);
const entry = componentSchema.parse(
  JSON.parse(new TextDecoder().decode(await store.readFile(COMPONENT_FILE))),
);
const component = storedComponent('unet', entry);
const runtime = await (provider === 'wasm'
  ? createNodeWasmRuntime({ threads })
  : createNodeRuntime({ threads }));
const attention = { ...DEFAULT_ATTENTION, fused: runtime.report.fusedAttention };
const model = buildUnet(parseUnetConfig(component.config), component, {
  batch: 2,
  latentHeight,
  latentWidth,
  attention,
});
const loaded = await measurePeak(() => runtime.createSession(model, (shard) => store.readFile(shard)));
const inputs = Object.fromEntries(
  model.inputs.map(({ name, shape }) => [
    name,
    floatTensor(shape, new Float32Array(elementCount(shape)).fill(0.1)),
  ]),
);
const ran = await measurePeak(async () => {
  for (let run = 0; run < RUNS; run += 1) await loaded.result.run(inputs);
});
process.stdout.write(
  JSON.stringify({
    startBytes: loaded.startBytes,
    loadPeakBytes: loaded.peakBytes,
    runPeakBytes: ran.peakBytes,
  }),
);
process.exit(0);
