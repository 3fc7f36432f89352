// What one run of the benchmark leaves: the JSON file, from which every table is made.
import type { Summary } from "../harness/statistics.js";

export interface Row {
  readonly problem: string;
  readonly contender: string;
  readonly threads: number;
  readonly status: "ok" | "inexact" | "wrong" | "failed";
  readonly reason?: string;
  readonly error?: number;
  readonly limit?: number;
  /** part of the problem that was done; the time is scaled to the whole */
  readonly share?: number;
  readonly time?: Summary;
  /** medians of each process */
  readonly rounds?: readonly number[];
  readonly gflops?: number;
  readonly ofCeiling?: number;
  readonly extraBytes?: number | null;
}

export interface CeilingResult {
  readonly threads: number;
  /** GFLOP/s of the fastest float32 4096³ product */
  readonly gflops: number;
  readonly core: string;
  readonly fmaPeak: number;
  readonly ofPeak: number;
  readonly valid: boolean;
  readonly bfloat16: number | null;
  readonly bfloat16Library: string | null;
  readonly bfloat16Peak: number;
  readonly readGBs: number;
  /** 10⁹ terms |x − y| added up a second: in registers, and by a scalar loop over rows; older runs lack them */
  readonly differences?: number;
  readonly scalarDifferences?: number;
  readonly candidates: readonly {
    readonly coreType: string | null;
    readonly gflops: number;
    readonly kept: number;
    readonly taken: number;
  }[];
}

export interface Results {
  readonly date: string;
  readonly commit: string;
  readonly quick: boolean;
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly memoryGB: number;
    readonly platform: string;
    readonly node: string;
    readonly isa: string;
  };
  readonly versions: Readonly<Record<string, string>>;
  readonly ceilings: readonly CeilingResult[];
  readonly problems: readonly {
    readonly id: string;
    readonly title: string;
    /** older runs lack it */
    readonly group?: string;
    readonly flops: number;
    readonly dtype: string;
    readonly shape: readonly number[];
  }[];
  readonly rows: readonly Row[];
  readonly gate: { readonly kept: number; readonly taken: number };
  readonly seconds: number;
}

export function find(results: Results, problem: string, contender: string, threads: number): Row | undefined {
  return results.rows.find((row) => row.problem === problem && row.contender === contender && row.threads === threads);
}

export const mostThreads = (results: Results): number => Math.max(...results.ceilings.map(({ threads }) => threads));
