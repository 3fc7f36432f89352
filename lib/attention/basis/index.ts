/** The basis in which the latent is cut into slices. */
import { now, type Steps } from "../../async.js";
import { moved } from "../../algebra/device.js";
import * as check from "../../check.js";
import { type Dense, wrap } from "../../dense.js";
import { WarpweftError } from "../../error.js";
import { tensorOf } from "../../tensor.js";
import type { Tensor } from "../../types.js";
import { seenColumns } from "./columns.js";
import { covariance } from "./covariance.js";
import { hadamard } from "./hadamard.js";
import { eigenvectors, inBasis, regression, type Square } from "./symmetric.js";

export interface SliceBasis {
  readonly kind: string;
  /** g */
  readonly slices: number;
  /** U [latentDim, latentDim], orthogonal: z' = z U; slice j owns columns [j, j + 1) · latentDim / g of z' */
  readonly matrix: Tensor;
  /** of each slice what the whole of z' is guessed to be from the columns it sees: [latentDim, seen] */
  readonly completion?: readonly Tensor[];
  /** leading columns of z' that every slice scores with */
  readonly sharedColumns?: number;
}

export interface BasisOptions {
  kind: "identity" | "hadamard" | "pca";
  slices: number;
  latents?: Tensor;
  latentDim?: number;
  completion?: boolean;
  sharedColumns?: number;
  seed?: number;
  ridge?: number;
}

interface Wanted {
  readonly kind: BasisOptions["kind"];
  readonly width: number;
  readonly slices: number;
  readonly latents: Dense | undefined;
  readonly completion: boolean;
  readonly shared: number;
  readonly seed: number;
  readonly ridge: number;
}

const KNOWN = ["kind", "slices", "latents", "latentDim", "completion", "sharedColumns", "seed", "ridge"];

/**
 * A basis for `TensorParallelLatentAttention`: which directions of the latent go to which slice.
 *
 * A slice scores with the columns it holds, so what the others hold is missing from its softmax. "pca" puts the directions in
 * which latents differ most into the first slice, whose scores are then nearly right, and leaves the last ones little to give;
 * it is the best at two slices. "hadamard" spreads everything evenly, "identity" leaves it as it was trained.
 *
 * With `completion` each slice guesses the columns it does not see from those it does, by linear regression over `latents`: B =
 * Σ_us (Σ_ss + λI)⁻¹ for the unseen columns, λ = ridge · mean variance of the seen ones; the guess is folded into its key weights
 * and costs nothing at run time. It is exact where the covariance has no higher rank than a slice has columns, and does nothing for
 * "pca", whose columns are uncorrelated.
 *
 * @param options kind. slices: g, a divisor of the width. latents: [T, latentDim], normalised without the gain, as
 * `MultiHeadLatentAttention.latents` gives them; needed by "pca" and completion, T ≥ 2. latentDim: the width, where latents are not
 * given. completion: default false. sharedColumns: leading columns that every slice scores with besides its own, at so many more
 * numbers a token; default 0. seed: of "hadamard"'s signs, default 1. ridge: default 1e-4.
 * @returns float32 matrices; the same input gives the same basis.
 * @throws WarpweftError ERR_ARGUMENT for an option that is missing, unknown or out of range, a width that is no power of two for
 * "hadamard", slices that do not divide the width, latents that are not finite; ERR_SHAPE for latents of another rank or width;
 * ERR_DTYPE; ERR_DISPOSED. It is made on the CPU, whose memory latents on a GPU are copied to.
 *
 * Time O(T·r² + r³), the r³ in JavaScript (seconds at r = 512); workspace O(r²). Source: Tang et al. 2025 (TPLA, arXiv
 * 2508.15881) for Hadamard and PCA; completion and shared columns are this package's.
 */
export function fitBasis(options: BasisOptions): SliceBasis {
  return now("fitBasis", fitted(wantedOf(options)));
}

function* fitted({ kind, width, slices, latents, completion, shared, seed, ridge }: Wanted): Steps<SliceBasis> {
  const spread = latents && (kind === "pca" || completion) ? yield* covariance(latents) : undefined;
  if (spread && !spread.values.every(Number.isFinite))
    throw new WarpweftError("ERR_ARGUMENT", "fitBasis: latents must be finite, got NaN or infinities among them");
  const basis =
    kind === "pca" ? eigenvectors(spread as Square) : kind === "hadamard" ? hadamard(width, seed) : identity(width);
  const found = { kind, slices, matrix: tensorFrom(basis.values, width), sharedColumns: shared };
  if (!completion) return found;
  const turned = inBasis(spread as Square, basis);
  const guesses = Array.from({ length: slices }, (_, slice) =>
    guess(turned, seenColumns(width, slices, slice, shared), ridge),
  );
  return { ...found, completion: guesses };
}

/** [width, seen]: each seen column as it is, each other one by regression. */
function guess(a: Square, seen: readonly number[], ridge: number): Tensor {
  const { n, values } = a;
  const unseen = Array.from({ length: n }, (_, column) => column).filter((column) => !seen.includes(column));
  const out = new Float64Array(n * seen.length);
  for (const [k, column] of seen.entries()) out[column * seen.length + k] = 1;
  const mean = seen.reduce((sum, column) => sum + (values[column * n + column] as number), 0) / seen.length;
  if (unseen.length === 0 || mean === 0) return tensorFrom(out, n);
  const slopes = regression(a, seen, unseen, ridge * mean);
  for (const [i, column] of unseen.entries())
    for (let k = 0; k < seen.length; k++) out[column * seen.length + k] = slopes[k * unseen.length + i] as number;
  return tensorFrom(out, n);
}

const identity = (n: number): Square => ({
  n,
  values: Float64Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 ? 1 : 0)),
});

const tensorFrom = (values: Float64Array, rows: number) =>
  tensorOf(wrap(Float32Array.from(values), [rows, values.length / rows]));

function wantedOf(options: BasisOptions): Wanted {
  const fn = "fitBasis";
  if (options === undefined) check.fail("ERR_ARGUMENT", fn, "options", "be an object", options);
  const given = check.options(fn, options, KNOWN);
  const kind = check.choice(fn, "kind", given.kind, ["identity", "hadamard", "pca"] as const);
  const completion = check.boolean(fn, "completion", given.completion ?? false);
  const latents = latentsOf(fn, given.latents);
  if (!latents && (kind === "pca" || completion))
    check.fail("ERR_ARGUMENT", fn, "latents", `be given for ${kind === "pca" ? '"pca"' : "completion"}`, undefined);
  const width = widthOf(fn, given.latentDim, latents);
  const slices = check.number(fn, "slices", given.slices, { min: 1, max: width, integer: true });
  if (width % slices !== 0) check.fail("ERR_ARGUMENT", fn, "slices", `divide the latent width ${width}`, slices);
  if (kind === "hadamard" && (width & (width - 1)) !== 0)
    check.fail("ERR_ARGUMENT", fn, "latentDim", 'be a power of two for "hadamard"', width);
  return {
    kind,
    width,
    slices,
    latents,
    completion,
    shared: check.number(fn, "sharedColumns", given.sharedColumns ?? 0, { min: 0, max: width, integer: true }),
    seed: check.number(fn, "seed", given.seed ?? 1, { integer: true }),
    ridge: check.number(fn, "ridge", given.ridge ?? 1e-4, { min: 0, above: true }),
  };
}

function latentsOf(fn: string, value: Tensor | undefined): Dense | undefined {
  if (value === undefined) return undefined;
  const x = check.matrix(fn, "latents", value);
  if ((x.shape[0] as number) < 2) check.fail("ERR_SHAPE", fn, "latents", "have at least 2 rows", x.shape[0]);
  return x.device === "cpu" ? x : moved(fn, x, "cpu");
}

function widthOf(fn: string, latentDim: number | undefined, latents: Dense | undefined): number {
  const width = latents?.shape[1];
  if (latentDim === undefined && width !== undefined) return width;
  const wanted = check.number(fn, "latentDim", latentDim, { min: 1, integer: true });
  if (width !== undefined && width !== wanted)
    check.fail("ERR_SHAPE", fn, "latents", `have latentDim = ${wanted} columns`, width);
  return wanted;
}
