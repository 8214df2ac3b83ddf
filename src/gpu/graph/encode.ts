import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { ShardRange } from '../../weights/types.ts';
import type { GraphPort, TensorType } from '../runtime/runtime.ts';
import type { Attribute, Attributes } from './attributes.ts';

/** ONNX 1.16 and later: opset 21 came with IR version 10. Field numbers below are those of onnx.proto3. */
const IR_VERSION = 10;
const OPSETS = [
  { domain: '', version: 21 },
  { domain: 'com.microsoft', version: 1 },
] as const;

export interface EncodedNode {
  readonly opType: string;
  readonly domain: string;
  /** An empty name is an omitted optional input. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Attributes;
}

export interface EncodedTensor {
  readonly name: string;
  readonly type: TensorType;
  readonly shape: readonly number[];
  readonly content:
    | { readonly kind: 'inline'; readonly bytes: Uint8Array }
    | { readonly kind: 'external'; readonly range: ShardRange };
}

export interface EncodedGraph {
  readonly name: string;
  readonly nodes: readonly EncodedNode[];
  readonly initializers: readonly EncodedTensor[];
  readonly inputs: readonly GraphPort[];
  readonly outputs: readonly GraphPort[];
}

/** TensorProto.DataType */
const DATA_TYPE: Readonly<Record<TensorType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
};

/** AttributeProto.AttributeType */
const ATTRIBUTE_TYPE: Readonly<Record<Attribute['kind'], number>> = { float: 1, int: 2, string: 3, ints: 7 };
const DATA_LOCATION_EXTERNAL = 1;

/** The bytes of an ONNX ModelProto. External tensors point to their shard by `location`. */
export function encodeModel(graph: EncodedGraph): Uint8Array {
  const w = new BinaryWriter();
  int64(w, 1, IR_VERSION);
  text(w, 2, 'relationbooth');
  message(w, 7, () => {
    for (const node of graph.nodes)
      message(w, 1, () => {
        encodeNode(w, node);
      });
    text(w, 2, graph.name);
    for (const tensor of graph.initializers)
      message(w, 5, () => {
        encodeTensor(w, tensor);
      });
    for (const port of graph.inputs)
      message(w, 11, () => {
        encodePort(w, port);
      });
    for (const port of graph.outputs)
      message(w, 12, () => {
        encodePort(w, port);
      });
  });
  for (const { domain, version } of OPSETS) {
    message(w, 8, () => {
      text(w, 1, domain);
      int64(w, 2, version);
    });
  }
  return w.finish();
}

function encodeNode(w: BinaryWriter, node: EncodedNode): void {
  for (const input of node.inputs) text(w, 1, input);
  for (const output of node.outputs) text(w, 2, output);
  text(w, 3, node.outputs[0] ?? node.opType);
  text(w, 4, node.opType);
  for (const [name, attribute] of Object.entries(node.attributes)) {
    message(w, 5, () => {
      encodeAttribute(w, name, attribute);
    });
  }
  text(w, 7, node.domain);
}

function encodeAttribute(w: BinaryWriter, name: string, attribute: Attribute): void {
  text(w, 1, name);
  switch (attribute.kind) {
    case 'float':
      w.tag(2, WireType.Bit32).float(attribute.value);
      break;
    case 'int':
      int64(w, 3, attribute.value);
      break;
    case 'string':
      w.tag(4, WireType.LengthDelimited).bytes(new TextEncoder().encode(attribute.value));
      break;
    case 'ints':
      for (const value of attribute.value) int64(w, 8, value);
      break;
  }
  w.tag(20, WireType.Varint).int32(ATTRIBUTE_TYPE[attribute.kind]);
}

function encodeTensor(w: BinaryWriter, tensor: EncodedTensor): void {
  for (const size of tensor.shape) int64(w, 1, size);
  w.tag(2, WireType.Varint).int32(DATA_TYPE[tensor.type]);
  text(w, 8, tensor.name);
  if (tensor.content.kind === 'inline') {
    w.tag(9, WireType.LengthDelimited).bytes(tensor.content.bytes);
    return;
  }
  const { shard, byteOffset, byteLength } = tensor.content.range;
  const entries = { location: shard, offset: String(byteOffset), length: String(byteLength) };
  for (const [key, value] of Object.entries(entries)) {
    message(w, 13, () => {
      text(w, 1, key);
      text(w, 2, value);
    });
  }
  w.tag(14, WireType.Varint).int32(DATA_LOCATION_EXTERNAL);
}

/** ValueInfoProto { name, type: TypeProto { tensor_type: { elem_type, shape } } } */
function encodePort(w: BinaryWriter, port: GraphPort): void {
  text(w, 1, port.name);
  message(w, 2, () => {
    message(w, 1, () => {
      w.tag(1, WireType.Varint).int32(DATA_TYPE[port.type]);
      message(w, 2, () => {
        for (const size of port.shape)
          message(w, 1, () => {
            int64(w, 1, size);
          });
      });
    });
  });
}

function message(w: BinaryWriter, field: number, body: () => void): void {
  w.tag(field, WireType.LengthDelimited).fork();
  body();
  w.join();
}

function text(w: BinaryWriter, field: number, value: string): void {
  w.tag(field, WireType.LengthDelimited).string(value);
}

function int64(w: BinaryWriter, field: number, value: number): void {
  w.tag(field, WireType.Varint).int64(value);
}
