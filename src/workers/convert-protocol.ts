import { z } from 'zod';
import type { EncodedRows } from '../weights/encode-tensor.ts';
import { convertSlice, type Slice } from '../weights/install/convert-slice.ts';
import type { Protocol } from './calls.ts';
import type { HandlersOf } from './serve-calls.ts';

/** Everything that passes between an install and a thread that converts slices for it. */
export interface ConvertCalls {
  'convert-slice': { readonly params: Slice; readonly result: EncodedRows; readonly event: never };
}

const bytes = z.instanceof(Uint8Array);
const count = z.number().int().nonnegative();
const encoding = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('dense'), type: z.enum(['float32', 'float16']), transposed: z.boolean() }),
  z.object({ kind: z.literal('matmul-nbits'), bits: z.union([z.literal(4), z.literal(8)]) }),
  z.object({ kind: z.literal('conv-int8') }),
]);

export const CONVERT_PROTOCOL: Protocol<ConvertCalls> = {
  'convert-slice': {
    params: z.object({
      spec: z.object({
        name: z.string(),
        shape: z.array(count),
        role: z.enum(['linear', 'conv', 'embedding', 'exact']),
      }),
      encoding,
      name: z.string(),
      dtype: z.enum(['F64', 'F32', 'F16', 'BF16', 'I64', 'I32', 'I16', 'I8', 'U8', 'BOOL']),
      bytes,
      firstRow: count,
      transposed: z.boolean(),
      merges: z.array(
        z.object({
          rank: count,
          down: z.instanceof(Float32Array),
          up: z.instanceof(Float32Array),
          factor: z.number(),
        }),
      ),
    }),
    result: z.object({ data: bytes, held: bytes }),
    event: z.never(),
    queued: false,
  },
};

export const CONVERT_HANDLERS: HandlersOf<ConvertCalls> = {
  'convert-slice': (slice) => Promise.resolve(convertSlice(slice)),
};
