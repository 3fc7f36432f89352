// Score matrices, top-k and their constants as ONNX graphs.
import { values } from "../problems/data.js";
import type { CommonMetric, Matrix } from "../problems/types.js";
import type { Constant, Graph, Node } from "./onnx-model.js";

const ALONG_ROWS = { axes: [1] };

const gemm = (alpha: number, ...inputs: string[]): Node => ({
  op: "Gemm",
  inputs,
  outputs: ["product"],
  float: { alpha },
  int: { transB: 1 },
});
const perRow = (op: string, input: string, output: string): Node => ({
  op,
  inputs: [input],
  outputs: [output],
  int: { keepdims: 1 },
  ints: ALONG_ROWS,
});
const node = (op: string, inputs: string[], outputs: string[]): Node => ({ op, inputs, outputs });

/** |x|² − 2 x·y + |y|², 1 − cos or x·y; the last addition is left to the caller where only the order counts. */
function productNodes(metric: CommonMetric): Node[] {
  if (metric === "inner") return [gemm(1, "x", "y")];
  if (metric === "cosine")
    return [
      ...["x", "y"].flatMap((side) => [
        perRow("ReduceL2", side, `${side}_norm`),
        node("Div", [side, `${side}_norm`], [`${side}_unit`]),
      ]),
      gemm(-1, "x_unit", "y_unit", "one"),
    ];
  return [
    perRow("ReduceSumSquare", "y", "y_squares"),
    node("Transpose", ["y_squares"], ["y_row"]),
    gemm(-2, "x", "y", "y_row"),
  ];
}

const ONE: Constant = { name: "one", shape: [1, 1], data: Float32Array.of(1) };

export function pairwiseGraph(metric: CommonMetric): Graph {
  const tail =
    metric === "sqeuclidean"
      ? [perRow("ReduceSumSquare", "x", "x_squares"), node("Add", ["product", "x_squares"], ["scores"])]
      : [node("Identity", ["product"], ["scores"])];
  return {
    nodes: [...productNodes(metric), ...tail],
    inputs: ["x", "y"],
    outputs: [{ name: "scores" }],
    constants: [ONE],
  };
}

/** The base is a constant of the graph: onnxruntime then packs it once, which makes it about twice as fast. */
export function topKGraph(metric: CommonMetric, base: Matrix, k: number): Graph {
  const select: Node = {
    op: "TopK",
    inputs: ["product", "k"],
    outputs: ["best", "indices"],
    int: { axis: 1, largest: metric === "inner" ? 1 : 0, sorted: 1 },
  };
  const finish =
    metric === "sqeuclidean"
      ? [perRow("ReduceSumSquare", "x", "x_squares"), node("Add", ["best", "x_squares"], ["values"])]
      : [node("Identity", ["best"], ["values"])];
  return {
    nodes: [...productNodes(metric), select, ...finish],
    inputs: ["x"],
    outputs: [{ name: "values" }, { name: "indices", integer: true }],
    constants: [
      ONE,
      { name: "k", shape: [1], data: BigInt64Array.of(BigInt(k)) },
      { name: "y", shape: [base.rows, base.columns], data: values(base) },
    ],
  };
}
