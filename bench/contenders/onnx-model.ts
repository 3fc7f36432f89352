// ONNX models as bytes: the few protobuf fields that a graph of standard operators needs (onnx.proto names them).

type Bytes = Uint8Array;

const FLOAT = 1;
const INT64 = 7;
const ATTRIBUTE = { float: 1, int: 2, ints: 7 };
const OPSET = 17;
const IR_VERSION = 8;

function join(...parts: Bytes[]): Bytes {
  const out = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function varint(value: number): Bytes {
  const out: number[] = [];
  for (; value > 0x7f; value = Math.floor(value / 128)) out.push((value % 128) | 0x80);
  return Uint8Array.from([...out, value]);
}

const number = (field: number, value: number): Bytes => join(varint(field * 8), varint(value));
const float = (field: number, value: number): Bytes => join(varint(field * 8 + 5), bytesOf(Float32Array.of(value)));
const chunk = (field: number, ...parts: Bytes[]): Bytes => {
  const bytes = join(...parts);
  return join(varint(field * 8 + 2), varint(bytes.length), bytes);
};
const text = (field: number, value: string): Bytes => chunk(field, new TextEncoder().encode(value));
const bytesOf = (array: Float32Array | BigInt64Array): Bytes =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

export interface Node {
  op: string;
  inputs: string[];
  outputs: string[];
  float?: Record<string, number>;
  int?: Record<string, number>;
  ints?: Record<string, number[]>;
}

export interface Constant {
  name: string;
  shape: number[];
  data: Float32Array | BigInt64Array;
}

export interface Graph {
  nodes: Node[];
  /** float32 matrices whose sizes are known only at run time */
  inputs: string[];
  outputs: { name: string; integer?: boolean }[];
  constants?: Constant[];
}

function node({ op, inputs, outputs, float: floats = {}, int = {}, ints = {} }: Node): Bytes {
  const attributes = [
    ...Object.entries(floats).map(([name, v]) => join(text(1, name), float(2, v), number(20, ATTRIBUTE.float))),
    ...Object.entries(int).map(([name, v]) => join(text(1, name), number(3, v), number(20, ATTRIBUTE.int))),
    ...Object.entries(ints).map(([name, v]) =>
      join(text(1, name), ...v.map((i) => number(8, i)), number(20, ATTRIBUTE.ints)),
    ),
  ];
  return join(
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(4, op),
    ...attributes.map((attribute) => chunk(5, attribute)),
  );
}

function constant({ name, shape, data }: Constant): Bytes {
  const type = data instanceof Float32Array ? FLOAT : INT64;
  return join(...shape.map((d) => number(1, d)), number(2, type), text(8, name), chunk(9, bytesOf(data)));
}

function value(name: string, type: number): Bytes {
  const shape = ["rows", "columns"].map((dimension) => chunk(1, text(2, `${name}_${dimension}`)));
  return join(text(1, name), chunk(2, chunk(1, number(1, type), chunk(2, ...shape))));
}

export function onnxModel({ nodes, inputs, outputs, constants = [] }: Graph): Uint8Array {
  const graph = [
    ...nodes.map((n) => chunk(1, node(n))),
    text(2, "graph"),
    ...constants.map((c) => chunk(5, constant(c))),
    ...inputs.map((name) => chunk(11, value(name, FLOAT))),
    ...outputs.map(({ name, integer }) => chunk(12, value(name, integer ? INT64 : FLOAT))),
  ];
  return join(number(1, IR_VERSION), chunk(7, ...graph), chunk(8, text(1, ""), number(2, OPSET)));
}
