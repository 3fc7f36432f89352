// A cell is one row of the report to be: problem × contender × thread count, and how to measure it once more.
import { versionOf } from "../contenders/import.js";
import { contendersOf } from "../contenders/index.js";
import type { Problem } from "../problems/types.js";
import { bfloat16Gemm, type Effort, sgemm } from "./ceiling.js";
import type { Options } from "./options.js";
import { runTrial } from "./spawn.js";
import type { TrialRequest, TrialResult } from "./trial.js";

export interface Cell {
  readonly problem: Problem;
  readonly contender: string;
  readonly threads: number;
  /** a matrix product alone, by the library of the ceiling */
  readonly product: boolean;
  readonly measure: () => Promise<TrialResult>;
  readonly results: TrialResult[];
}

/** What cells need to know of the run; the values change as it goes. */
export interface RunState {
  readonly options: Options;
  readonly effort: Effort;
  /** GFLOP/s of one core, all of them busy */
  peak(): number;
  reference(problem: Problem): string;
  /** the core type with which OpenBLAS is fastest */
  coreType(threads: number): string | null;
}

export const PRODUCT_FLOAT32 = "OpenBLAS, product alone";
export const PRODUCT_BFLOAT16 = "oneDNN, product alone";

export const matches = (name: string, words: readonly string[]): boolean =>
  words.length === 0 || words.some((word) => name.toLowerCase().includes(word));

export function makeCells(problems: readonly Problem[], state: RunState): Cell[] {
  return problems.flatMap((problem) => {
    const most = Math.max(...state.options.threads);
    const counts = problem.headline ? state.options.threads : [most];
    const contenders = contendersOf(problem).filter(
      (c) => matches(c.name, state.options.contenders) && versionOf(c.package) !== null,
    );
    return [
      ...contenders.flatMap(({ name, maxThreads }) => {
        const different = [...new Set(counts.map((count) => Math.min(count, maxThreads)))];
        return different.map((threads) => solverCell(problem, name, threads, state));
      }),
      ...(hasProduct(problem) ? counts.map((threads) => productCell(problem, threads, state)) : []),
    ];
  });
}

export function request(problem: Problem, contender: string, threads: number, state: RunState): TrialRequest {
  const { options, effort } = state;
  return {
    problem: problem.id,
    contender,
    threads,
    quick: options.quick,
    reference: state.reference(problem),
    peak: state.peak(),
    ...effort,
  };
}

function solverCell(problem: Problem, contender: string, threads: number, state: RunState): Cell {
  return {
    problem,
    contender,
    threads,
    product: false,
    results: [],
    measure: () => runTrial(request(problem, contender, threads, state)),
  };
}

/** Headline problems that are little more than a matrix product are shown beside that product. */
const hasProduct = ({ kind, headline }: Problem): boolean => headline && (kind === "pairwise" || kind === "loss");

function productCell(problem: Problem, threads: number, state: RunState): Cell {
  const float32 = problem.dtype === "float32";
  const measure = async (): Promise<TrialResult> => {
    const { shape } = problem;
    const product = float32
      ? sgemm(shape, threads, state.effort, state.coreType(threads))
      : bfloat16Gemm(shape, threads, state.effort);
    return product
      ? { status: "ok", error: 0, limit: 0, share: 1, extraBytes: null, samples: product.samples }
      : { status: "unsupported" };
  };
  return {
    problem,
    contender: float32 ? PRODUCT_FLOAT32 : PRODUCT_BFLOAT16,
    threads,
    product: true,
    measure,
    results: [],
  };
}
