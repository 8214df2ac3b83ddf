import type { InferenceSession, Tensor as OrtTensor, TensorConstructor } from 'onnxruntime-common';
import { AppError, invariant } from '../../shared/errors.ts';
import { ortError } from './ort-errors.ts';
import type {
  DeviceTensor,
  GraphModel,
  GraphPort,
  HostTensor,
  RunOptions,
  Session,
  Tensor,
  TensorData,
  TensorType,
} from './runtime.ts';

/** Tensors on the device that this module made, so that they can be fed again without a copy. */
const onDevice = new WeakMap<DeviceTensor, OrtTensor>();

/**
 * Wraps a loaded onnxruntime session in the {@link Session} contract: checks every input, converts at
 * the border, keeps asked-for outputs on the device where the provider left them there.
 */
export function wrapOrtSession(
  ort: { readonly Tensor: TensorConstructor },
  session: InferenceSession,
  model: GraphModel,
  profiled: boolean,
): Session {
  let disposed = false;
  return {
    model,
    async run(inputs: Readonly<Record<string, Tensor>>, options: RunOptions = {}) {
      invariant(!disposed, () => `Session ${model.name} was disposed and cannot run.`);
      const feeds: Record<string, OrtTensor> = {};
      const fed: OrtTensor[] = [];
      try {
        for (const port of model.inputs) {
          const tensor = checkInput(model, port, inputs[port.name]);
          if (tensor.location === 'device') {
            feeds[port.name] = deviceHandle(tensor);
          } else {
            const copy = new ort.Tensor(tensor.type, tensor.data, tensor.shape);
            fed.push(copy);
            feeds[port.name] = copy;
          }
        }
        checkNoExtras(model, inputs);
        const results = await runOrt(session, feeds, model);
        const outputs: Record<string, Tensor> = {};
        for (const port of model.outputs) {
          const result = results[port.name];
          invariant(result !== undefined, () => `Session ${model.name} gave no output "${port.name}".`);
          outputs[port.name] = await receive(
            port,
            result,
            options.keepOnDevice?.includes(port.name) ?? false,
          );
        }
        return outputs;
      } finally {
        for (const tensor of fed) tensor.dispose();
      }
    },
    async dispose() {
      if (disposed) return;
      disposed = true;
      if (profiled) session.endProfiling();
      await session.release();
    },
  };
}

function checkInput(model: GraphModel, port: GraphPort, tensor: Tensor | undefined): Tensor {
  const expected = `${port.type} [${port.shape.join(', ')}]`;
  if (tensor === undefined) {
    throw new AppError('internal', `Session ${model.name} needs the input "${port.name}", ${expected}.`);
  }
  const same =
    tensor.type === port.type &&
    tensor.shape.length === port.shape.length &&
    tensor.shape.every((size, axis) => size === port.shape[axis]);
  if (!same) {
    throw new AppError(
      'internal',
      `Session ${model.name}: input "${port.name}" is ${expected}, got ${tensor.type} [${tensor.shape.join(', ')}].`,
    );
  }
  return tensor;
}

function checkNoExtras(model: GraphModel, inputs: Readonly<Record<string, Tensor>>): void {
  const known = new Set(model.inputs.map((port) => port.name));
  for (const name of Object.keys(inputs)) {
    if (!known.has(name)) {
      throw new AppError(
        'internal',
        `Session ${model.name} has no input "${name}"; it has ${[...known].join(', ')}.`,
      );
    }
  }
}

async function runOrt(
  session: InferenceSession,
  feeds: Readonly<Record<string, OrtTensor>>,
  model: GraphModel,
): Promise<InferenceSession.ReturnType> {
  try {
    return await session.run(feeds);
  } catch (thrown) {
    throw ortError(`Running ${model.name}`, thrown);
  }
}

async function receive(port: GraphPort, result: OrtTensor, keep: boolean): Promise<Tensor> {
  if (result.location === 'gpu-buffer' && keep) return keepTensor(port, result);
  return download(port, result, true);
}

/** `release` frees the device's copy. */
async function download(port: GraphPort, tensor: OrtTensor, release: boolean): Promise<HostTensor> {
  const data = await tensor.getData(release);
  return { location: 'host', type: port.type, shape: port.shape, data: parseData(port.type, data) };
}

function keepTensor(port: GraphPort, tensor: OrtTensor): DeviceTensor {
  let disposed = false;
  const kept: DeviceTensor = {
    location: 'device',
    type: port.type,
    shape: port.shape,
    read: () => download(port, tensor, false),
    dispose() {
      if (disposed) return;
      disposed = true;
      onDevice.delete(kept);
      tensor.dispose();
    },
  };
  onDevice.set(kept, tensor);
  return kept;
}

function deviceHandle(tensor: DeviceTensor): OrtTensor {
  const handle = onDevice.get(tensor);
  invariant(handle !== undefined, () => 'A device tensor was used after dispose, or in another runtime.');
  return handle;
}

/** The typed array of each type; engines with Float16Array hand that out, and its bits are kept. */
function parseData(type: TensorType, data: unknown): TensorData {
  if (ArrayBuffer.isView(data)) {
    if (type === 'float16') {
      return new Uint16Array(data.buffer, data.byteOffset, data.byteLength / Uint16Array.BYTES_PER_ELEMENT);
    }
    if (type === 'float32' && data instanceof Float32Array) return data;
    if (type === 'int64' && data instanceof BigInt64Array) return data;
    if (type === 'int32' && data instanceof Int32Array) return data;
    if ((type === 'uint8' || type === 'bool') && data instanceof Uint8Array) return data;
    if (type === 'int8' && data instanceof Int8Array) return data;
  }
  throw new AppError('internal', `The runtime gave ${type} data in an unexpected container.`);
}
