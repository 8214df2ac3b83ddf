import type { PackPlan } from '../../gpu/packing/plan-pack.ts';
import type { PlannedNetwork } from '../../gpu/packing/plan-networks.ts';
import { type Rounding, roundedWeight } from '../../gpu/packing/weight-rounding.ts';
import type { ComponentName } from '../../weights/pack-manifest.ts';
import { readFloats } from '../../weights/tensor-values.ts';
import type { StoredTensor } from '../../weights/types.ts';
import type { OtherNetwork } from './other-networks.ts';

/** Offsets of a graph's external data are multiples of this. */
const ALIGNMENT = 64;

type FloatTensors = ReadonlyMap<string, Float32Array<ArrayBuffer>>;

/** Every weight of a checkpoint as float32 numbers. */
export async function readPlan({ networks }: PackPlan): Promise<ReadonlyMap<ComponentName, FloatTensors>> {
  const all = new Map<ComponentName, FloatTensors>();
  for (const { name, tensors } of networks) {
    const floats = new Map<string, Float32Array<ArrayBuffer>>();
    for (const [tensorName, tensor] of tensors) floats.set(tensorName, await readFloats(tensor));
    all.set(name, floats);
  }
  return all;
}

/** Every network of a checkpoint with its weights rounded. */
export function roundedNetworks(
  { networks }: PackPlan,
  values: ReadonlyMap<ComponentName, FloatTensors>,
  rounding: Rounding,
): ReadonlyMap<ComponentName, OtherNetwork> {
  return new Map(
    networks.map((network) => [network.name, roundedNetwork(network, values.get(network.name), rounding)]),
  );
}

/** A network whose weights are the rounded ones as float32 numbers, so that every rounding runs the same graph. */
function roundedNetwork(
  { name, config, parameters }: PlannedNetwork,
  values: FloatTensors | undefined,
  rounding: Rounding,
): OtherNetwork {
  const shard = `${name} rounded`;
  const tensors = new Map<string, StoredTensor>();
  const parts: { readonly byteOffset: number; readonly floats: Float32Array<ArrayBuffer> }[] = [];
  let byteOffset = 0;
  for (const spec of parameters) {
    const exact = values?.get(spec.name);
    if (exact === undefined) continue;
    const floats = roundedWeight(spec, exact, rounding);
    const data = { shard, byteOffset, byteLength: floats.byteLength };
    tensors.set(spec.name, {
      kind: 'dense',
      name: spec.name,
      shape: spec.shape,
      type: 'float32',
      transposed: false,
      data,
    });
    parts.push({ byteOffset, floats });
    byteOffset += Math.ceil(floats.byteLength / ALIGNMENT) * ALIGNMENT;
  }
  const bytes = new Uint8Array(byteOffset);
  for (const { byteOffset: at, floats } of parts) bytes.set(new Uint8Array(floats.buffer), at);
  return { component: { name, config, tensors }, readShard: () => Promise.resolve(bytes) };
}
