import { AppError } from '../shared/errors.ts';
import type { PackComponent } from './pack-manifest.ts';
import { elementCount } from './shape.ts';
import type { ShardRange, StoredTensor } from './types.ts';

/**
 * Checks that every tensor of a component has the bytes its kind and shape ask for, inside a shard that
 * is listed, and that no name occurs twice. The runtime reads these ranges without looking. Throws
 * AppError 'bad-pack'.
 */
export function checkComponent(name: string, { shards, tensors }: PackComponent): void {
  const lengths = new Map(shards.map(({ file, byteLength }) => [file, byteLength]));
  const seen = new Set<string>();
  for (const tensor of tensors) {
    if (seen.has(tensor.name)) throw bad(name, tensor, 'is listed twice');
    seen.add(tensor.name);
    for (const { range, expected } of ranges(name, tensor)) {
      const available = lengths.get(range.shard);
      if (available === undefined) throw bad(name, tensor, `is in the unlisted file ${range.shard}`);
      if (range.byteLength !== expected) {
        throw bad(name, tensor, `has ${range.byteLength} bytes, its shape takes ${expected}`);
      }
      if (range.byteOffset + range.byteLength > available) {
        throw bad(name, tensor, `ends beyond the ${available} bytes of ${range.shard}`);
      }
    }
  }
}

interface ExpectedRange {
  readonly range: ShardRange;
  readonly expected: number;
}

function ranges(component: string, tensor: StoredTensor): readonly ExpectedRange[] {
  const [outSize = 1, inSize = 1] = tensor.shape;
  switch (tensor.kind) {
    case 'dense': {
      if (tensor.transposed && tensor.shape.length !== 2) {
        throw bad(component, tensor, `is transposed but has ${tensor.shape.length} axes, expected 2`);
      }
      const bytes = tensor.type === 'float32' ? 4 : 2;
      return [{ range: tensor.data, expected: bytes * elementCount(tensor.shape) }];
    }
    case 'matmul-nbits': {
      if (tensor.shape.length !== 2) {
        throw bad(component, tensor, `is a matrix but has ${tensor.shape.length} axes, expected 2`);
      }
      const blocks = outSize * Math.ceil(inSize / tensor.block);
      return [
        { range: tensor.data, expected: (blocks * tensor.block * tensor.bits) / 8 },
        { range: tensor.scales, expected: 4 * blocks },
      ];
    }
    case 'conv-int8':
      return [
        { range: tensor.data, expected: elementCount(tensor.shape) },
        { range: tensor.scales, expected: 4 * outSize },
      ];
  }
}

function bad(component: string, { name }: StoredTensor, fault: string): AppError {
  return new AppError(
    'bad-pack',
    `Tensor "${name}" of ${component} ${fault}. The pack is damaged: install the model again.`,
  );
}
