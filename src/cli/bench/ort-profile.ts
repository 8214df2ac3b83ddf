import { z } from 'zod';

const shapes = z.array(z.record(z.string(), z.array(z.number())));
const eventSchema = z.object({
  cat: z.string(),
  name: z.string(),
  dur: z.number(),
  args: z
    .object({ op_name: z.string(), input_type_shape: shapes, output_type_shape: shapes })
    .partial()
    .optional(),
});

export interface OperatorShare {
  readonly operator: string;
  /** Nodes in one run. */
  readonly count: number;
  /** Milliseconds of one run. */
  readonly milliseconds: number;
  /** Of all kernels' time. */
  readonly share: number;
}

export interface Profile {
  readonly runs: number;
  /** Milliseconds of one run, what the runtime does between kernels included. */
  readonly run: number;
  /** Floating-point operations of one run's products and convolutions. */
  readonly flops: number;
  readonly operators: readonly OperatorShare[];
}

/** Reads what onnxruntime's profiler wrote: a list of trace events. */
export function readProfile(json: string): Profile {
  const events = z.array(z.unknown()).parse(JSON.parse(json));
  const byOperator = new Map<string, { count: number; microseconds: number }>();
  let [runs, runTime, kernelTime, flops] = [0, 0, 0, 0];
  for (const raw of events) {
    const parsed = eventSchema.safeParse(raw);
    if (!parsed.success) continue;
    const { cat, name, dur, args } = parsed.data;
    if (name === 'model_run') {
      runs += 1;
      runTime += dur;
    }
    if (cat !== 'Node' || !name.endsWith('_kernel_time') || args?.op_name === undefined) continue;
    const entry = byOperator.get(args.op_name) ?? { count: 0, microseconds: 0 };
    byOperator.set(args.op_name, { count: entry.count + 1, microseconds: entry.microseconds + dur });
    kernelTime += dur;
    flops += operations(args.op_name, dims(args.input_type_shape), dims(args.output_type_shape));
  }
  const operators = [...byOperator].map(([operator, { count, microseconds }]) => ({
    operator,
    count: count / runs,
    milliseconds: microseconds / runs / 1000,
    share: microseconds / kernelTime,
  }));
  return {
    runs,
    run: runTime / runs / 1000,
    flops: flops / runs,
    operators: operators.sort((a, b) => b.milliseconds - a.milliseconds),
  };
}

function dims(shapeList: z.infer<typeof shapes> | undefined): readonly (readonly number[])[] {
  return (shapeList ?? []).map((entry) => Object.values(entry)[0] ?? []);
}

const product = (sizes: readonly number[] = []): number => sizes.reduce((result, size) => result * size, 1);

/** Two for each multiplication and its addition; 0 for operators that are not products. */
function operations(
  operator: string,
  [first = [], second = []]: readonly (readonly number[])[],
  [output = []]: readonly (readonly number[])[],
): number {
  switch (operator) {
    case 'Conv':
    case 'FusedConv':
      return 2 * product(output) * product(second.slice(1));
    case 'Gemm':
    case 'MatMul':
    case 'FusedMatMul':
    case 'MatMulNBits':
      return 2 * product(output) * (first.at(-1) ?? 0);
    case 'MultiHeadAttention':
      // Scores and their products with the values; keys are [B,T,C] or [B,H,T,d].
      return 4 * product(output) * (second.at(second.length === 4 ? 2 : 1) ?? 0);
    default:
      return 0;
  }
}
