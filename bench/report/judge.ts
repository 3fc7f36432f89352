// What every list of targets is written with.
import { type CeilingResult, find, type Results, type Row } from "./results.js";

export interface Bar {
  readonly title: string;
  readonly value: string;
  readonly reached: boolean | null;
}

export const MB = 1e6;
export const megabytes = (bytes: number): string => `${(bytes / MB).toFixed(1)} MB`;
export const times = (factor: number): string => `${factor.toFixed(2)} ×`;
export const microseconds = (ms: number): string => `${(ms * 1000).toPrecision(3)} µs`;

export class Judge {
  readonly results: Results;
  readonly ceiling: CeilingResult;

  constructor(results: Results, ceiling: CeilingResult) {
    this.results = results;
    this.ceiling = ceiling;
  }

  row(problem: string, contender = "warpweft"): Row | undefined {
    return find(this.results, problem, contender, this.ceiling.threads);
  }

  ms(problem: string, contender?: string): number | null {
    return this.row(problem, contender)?.time?.median ?? null;
  }

  /** Time of `a` by that of `b`. */
  ratio(a: number | null, b: number | null): number | null {
    return a === null || b === null ? null : a / b;
  }

  /** Not measured, not judged. */
  bar(
    title: string,
    value: number | null | undefined,
    show: (value: number) => string,
    reached: (value: number) => boolean,
  ): Bar {
    return value === null || value === undefined
      ? { title, value: "not measured", reached: null }
      : { title, value: show(value), reached: reached(value) };
  }

  atLeast(title: string, wanted: number, value: number | null | undefined, show = times): Bar {
    return this.bar(title, value, show, (v) => v >= wanted);
  }

  atMost(title: string, wanted: number, value: number | null | undefined, show = times): Bar {
    return this.bar(title, value, show, (v) => v <= wanted);
  }

  share(title: string, wanted: number, problem: string): Bar {
    return this.atLeast(`${title}: at least ${wanted} of the ceiling`, wanted, this.row(problem)?.ofCeiling);
  }
}
