// Targets of pairwise: the product with its epilogue, both ways, metrics without a product, and small calls.
import { PRODUCT_FLOAT32 } from "../../harness/cells.js";
import { type Bar, type Judge, microseconds } from "../judge.js";

const METRICS = ["sqeuclidean", "cosine", "snr", "poincare"];
const WIDTHS = [
  { columns: 768, share: 1, bfloat16: 1.7 },
  { columns: 128, share: 0.88, bfloat16: 1.6 },
] as const;
const OF_SAME_PRODUCT = 1.15; // D=128
const NEAR_DUPLICATE_COST = 6;
const BACKWARD = 2.2;
const OF_SCALAR = 8;
const OF_REGISTERS = 0.5;
const CALL_MS = 0.03;
const OVERHEAD_MS = 0.003;
const CALLS = 100_000;
const KEPT_BYTES = CALLS; // one byte a call: less than any object

const id = (metric: string, columns: number, dtype = "float32"): string =>
  `pairwise-${metric}-4096x4096x${columns}-${dtype}`;

function products(judge: Judge): Bar[] {
  return WIDTHS.flatMap(({ columns, share, bfloat16 }) =>
    METRICS.flatMap((metric) => {
      const title = `pairwise ${metric} 4096×4096×${columns}`;
      const ms = judge.ms(id(metric, columns));
      const alone = judge.ratio(judge.ms(id("sqeuclidean", columns), PRODUCT_FLOAT32), ms);
      return [
        judge.share(`${title} float32`, share, id(metric, columns)),
        ...(columns === 128
          ? [
              judge.atLeast(
                `… speed against OpenBLAS on that shape: at least ${OF_SAME_PRODUCT} ×`,
                OF_SAME_PRODUCT,
                alone,
              ),
            ]
          : []),
        judge.atLeast(
          `… bfloat16: at least ${bfloat16} × our float32`,
          bfloat16,
          judge.ratio(ms, judge.ms(id(metric, columns, "bfloat16"))),
        ),
      ];
    }),
  );
}

function backward(judge: Judge): Bar[] {
  return WIDTHS.flatMap(({ columns }) =>
    ["sqeuclidean", "cosine"].map((metric) =>
      judge.atMost(
        `backward of pairwise ${metric} 4096×4096×${columns}: at most ${BACKWARD} × forward`,
        BACKWARD,
        judge.ratio(judge.ms(`backward-${metric}-4096x4096x${columns}`), judge.ms(id(metric, columns))),
      ),
    ),
  );
}

function cityblock(judge: Judge): Bar[] {
  const row = judge.row(id("cityblock", 128));
  const { differences, scalarDifferences } = judge.ceiling;
  const asRegisters = row?.ofCeiling ?? null;
  const asScalar =
    asRegisters === null || !differences || !scalarDifferences ? null : (asRegisters * differences) / scalarDifferences;
  const title = "cityblock 4096×4096×128";
  return [
    judge.atLeast(`${title}: at least ${OF_SCALAR} × the scalar loop, one on each core`, OF_SCALAR, asScalar),
    judge.atLeast(`… at least ${OF_REGISTERS} of subtract-abs-add in registers`, OF_REGISTERS, asRegisters),
  ];
}

function calls(judge: Judge): Bar[] {
  const small = "call-sqeuclidean-1x1x1";
  return [
    ...["sqeuclidean", "cosine"].map((metric) =>
      judge.atMost(
        `pairwise ${metric} 1×1000×128: at most 30 µs a call`,
        CALL_MS,
        judge.ms(`call-${metric}-1x1000x128`),
        microseconds,
      ),
    ),
    judge.atMost("pairwise 1×1×1: at most 3 µs a call", OVERHEAD_MS, judge.ms(small), microseconds),
    judge.atMost(
      `… kept after ${CALLS.toLocaleString("en")} calls: less than a byte each`,
      KEPT_BYTES,
      judge.row(small)?.extraBytes,
      (bytes) => `${(bytes / 1e3).toFixed(1)} kB`,
    ),
  ];
}

export function distanceBars(judge: Judge): Bar[] {
  const ordinary = judge.ms(id("sqeuclidean", 768));
  return [
    ...products(judge),
    ...["near-duplicates", "near-duplicates-far-row"].map((problem) =>
      judge.atMost(
        `${problem}, all pairs: at most ${NEAR_DUPLICATE_COST} × the time of ordinary data`,
        NEAR_DUPLICATE_COST,
        judge.ratio(judge.ms(problem), ordinary),
      ),
    ),
    ...backward(judge),
    ...cityblock(judge),
    ...calls(judge),
  ];
}
