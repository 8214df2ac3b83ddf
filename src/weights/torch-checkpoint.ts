import { z } from 'zod';
import { AppError } from '../shared/errors.ts';
import { type Pickled, readPickle } from './pickle.ts';
import { DTYPE_BYTES } from './safetensors.ts';
import { elementCount } from './shape.ts';
import type { ByteSource, Checkpoint, CheckpointDtype, CheckpointTensor } from './types.ts';
import { readZipDirectory, type ZipMember } from './zip-directory.ts';

const STORAGES: Readonly<Record<string, CheckpointDtype>> = {
  'torch.DoubleStorage': 'F64',
  'torch.FloatStorage': 'F32',
  'torch.HalfStorage': 'F16',
  'torch.BFloat16Storage': 'BF16',
  'torch.LongStorage': 'I64',
  'torch.IntStorage': 'I32',
  'torch.ShortStorage': 'I16',
  'torch.CharStorage': 'I8',
  'torch.ByteStorage': 'U8',
  'torch.BoolStorage': 'BOOL',
};

/** data.pkl of MS-Diffusion's adapter is about 40 kB, of SDXL's U-Net half a megabyte. */
const MAX_PICKLE_BYTES = 64 * 1024 * 1024;

const size = z.number().int().nonnegative();
const list = <T extends z.ZodType>(items: T) => z.object({ kind: z.literal('list'), items });
/** torch._utils._rebuild_tensor_v2(storage, offset, size, stride, ...), the storage by reference. */
const rebuildSchema = z.object({
  kind: z.literal('call'),
  name: z.literal('torch._utils._rebuild_tensor_v2'),
  args: z.tuple(
    [
      z.object({
        kind: z.literal('reference'),
        id: list(
          z.tuple(
            [z.literal('storage'), z.object({ kind: z.literal('global'), name: z.string() }), z.string()],
            z.unknown(),
          ),
        ),
      }),
      size,
      list(z.array(size)),
      list(z.array(size)),
    ],
    z.unknown(),
  ),
});
const parameterSchema = z.object({
  kind: z.literal('call'),
  name: z.literal('torch._utils._rebuild_parameter'),
  args: z.tuple([rebuildSchema], z.unknown()),
});

function bad(source: ByteSource, fault: string): AppError {
  return new AppError(
    'bad-checkpoint',
    `"${source.name}" cannot be read as a PyTorch checkpoint: ${fault}. Convert it to safetensors.`,
  );
}

/**
 * Opens a file of `torch.save` (PyTorch 1.6 and later) that holds tensors in nested dictionaries, whose
 * keys are joined by dots: MS-Diffusion's ms_adapter.bin. Nothing in the file is executed. Throws
 * AppError 'bad-checkpoint' for files of another kind and for tensors that are views of others.
 */
export async function openTorchCheckpoint(source: ByteSource, signal?: AbortSignal): Promise<Checkpoint> {
  const members = await readZipDirectory(source, signal);
  const pickle = [...members.values()].find(({ name }) => name.endsWith('/data.pkl'));
  if (pickle === undefined || pickle.byteLength > MAX_PICKLE_BYTES) {
    throw bad(source, 'it has no data.pkl of a sensible size');
  }
  const root = pickle.name.slice(0, -'data.pkl'.length);
  const tensors = new Map<string, CheckpointTensor>();
  const visit = (name: string, value: Pickled): void => {
    if (typeof value === 'object' && value?.kind === 'dict') {
      for (const [key, child] of value.entries) {
        if (typeof key !== 'string' && typeof key !== 'number')
          throw bad(source, `a key in "${name}" is no text`);
        visit(name === '' ? String(key) : `${name}.${key}`, child);
      }
    } else if (typeof value === 'object' && value?.kind === 'call') {
      tensors.set(name, tensorOf(source, root, members, name, value));
    }
    // Step counters and options beside the weights are left out.
  };
  visit('', readPickle(await pickle.read(0, pickle.byteLength, signal)));
  if (tensors.size === 0) throw bad(source, 'it holds no tensors');
  return { name: source.name, tensors, metadata: {} };
}

function tensorOf(
  source: ByteSource,
  root: string,
  members: ReadonlyMap<string, ZipMember>,
  name: string,
  call: unknown,
): CheckpointTensor {
  const parameter = parameterSchema.safeParse(call);
  const parsed = rebuildSchema.safeParse(parameter.success ? parameter.data.args[0] : call);
  if (!parsed.success) throw bad(source, `"${name}" is not a plain tensor`);
  const [{ id }, offset, { items: shape }, { items: strides }] = parsed.data.args;
  const [, { name: storage }, key] = id.items;
  const dtype = STORAGES[storage];
  if (dtype === undefined) throw bad(source, `"${name}" is a ${storage}`);
  const isRowMajor = shape.every(
    (extent, axis) => extent === 1 || strides[axis] === elementCount(shape.slice(axis + 1)),
  );
  if (!isRowMajor) throw bad(source, `"${name}" is a transposed view of another tensor`);
  const member = members.get(`${root}data/${key}`);
  const byteOffset = offset * DTYPE_BYTES[dtype];
  const byteLength = elementCount(shape) * DTYPE_BYTES[dtype];
  if (member === undefined || byteOffset + byteLength > member.byteLength) {
    throw bad(source, `the data of "${name}" is missing or too short`);
  }
  return {
    name,
    dtype,
    shape,
    place: { source, byteOffset: member.headerOffset, byteLength, zipMember: { byteOffset } },
    read: (signal) => member.read(byteOffset, byteLength, signal),
  };
}
