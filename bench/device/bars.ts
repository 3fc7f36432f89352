// What the kernels and the virtual GPU are held to, and what they reach.
import { type Counted, tensorShare } from "./meter.js";
import { BYTES } from "./problems.js";
import type { CountedProblem } from "./report.js";
import type { Speed } from "./speed.js";

export interface Bar {
  readonly name: string;
  readonly wanted: string;
  readonly reached: string;
  readonly held: boolean;
}

const [TILE_ROWS, TILE_COLUMNS, SECTOR] = [128, 64, 32];

/** Sectors of the rows of every tile, and of the result. */
function least({ problem: { shape, dtype } }: CountedProblem): number {
  const [down, across] = [Math.ceil(shape.n / TILE_ROWS), Math.ceil(shape.m / TILE_COLUMNS)];
  const rows = shape.n * across + shape.m * down;
  return (rows * shape.d * BYTES[dtype] + shape.n * shape.m * 4) / SECTOR;
}

const sweeps = (counted: readonly CountedProblem[]): Counted[] =>
  counted.flatMap(({ kernels }) => kernels.filter(({ wavefronts, tensor }) => wavefronts > 0 && tensor > 0));

function speedBars(speeds: readonly Speed[]): Bar[] {
  return speeds.flatMap(({ kernel, dialect, unchecked, checked }) => {
    const wanted = kernel === "sgemm" ? 1 : 0.3;
    const slower = unchecked / checked;
    const name = `virtual GPU, ${kernel}, ${dialect}`;
    return [
      {
        name: `${name}: thousand million thread instructions a second and core`,
        wanted: `≥ ${wanted}`,
        reached: unchecked.toFixed(2),
        held: unchecked >= wanted,
      },
      {
        name: `${name}: slower with the checker`,
        wanted: "≤ 3 ×",
        reached: `${slower.toFixed(2)} ×`,
        held: slower <= 3,
      },
    ];
  });
}

function most(name: string, limit: number, values: readonly number[], shown: (value: number) => string): Bar {
  const worst = Math.max(...values);
  return { name, wanted: `≤ ${shown(limit)}`, reached: shown(worst), held: worst <= limit };
}

export function bars(counted: readonly CountedProblem[], speeds: readonly Speed[]): Bar[] {
  const pairwise = counted.filter(({ problem }) => problem.id.startsWith("pairwise"));
  const ratios = pairwise.map((one) => {
    const kernel = one.kernels.find(({ kernel: name }) => name.startsWith("distance_pairwise")) as Counted;
    return (kernel.read + kernel.written) / least(one);
  });
  const read = (name: string) => counted.find(({ problem }) => problem.id === name)?.all.read ?? Number.NaN;
  const slice = read("latentDecode-TPLA-bfloat16") / read("latentDecode-MLA-bfloat16");
  const half = sweeps(counted.filter(({ problem }) => problem.dtype !== "float32"));
  const share = Math.min(...half.map(tensorShare));
  return [
    most("pairwise: global sectors over the least that its tiles imply", 1.15, ratios, (value) => value.toFixed(3)),
    most(
      "all tiled kernels: bank conflicts",
      0,
      sweeps(counted).map(({ conflicts }) => conflicts),
      String,
    ),
    most("latentDecode, bfloat16: sectors that a TPLA slice reads, over MLA's", 0.57, [slice], (value) =>
      value.toFixed(3),
    ),
    {
      name: "tiled kernels of 16-bit rows: arithmetic in tensor cores, at least",
      wanted: "≥ 90 %",
      reached: `${(100 * share).toFixed(1)} %`,
      held: share >= 0.9,
    },
    ...speedBars(speeds),
  ];
}
