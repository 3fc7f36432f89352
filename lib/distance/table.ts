/**
 * The distances, each declared once: option types, the C++ list and the reference page follow from here.
 * A table imports nothing and computes nothing; an entry's place in it is its id on the native side.
 */

export interface DistanceSpec {
  /** Which values mean that two rows are alike. */
  readonly closer: "smaller" | "larger";
  readonly meaning: string;
  readonly formula: string;
  /** With respect to x; w is the upstream gradient of the pair. */
  readonly gradient: string;
  /** What is defined where the formula is not. */
  readonly edge: string;
  /** What relative error is measured against. */
  readonly judged: string;
  readonly params: Readonly<Record<never, never>>;
  readonly source: string;
}

export const DISTANCES = {
  inner: {
    closer: "larger",
    meaning: "the inner product, a similarity that grows with the length of the rows",
    formula: "s = Σₖ xₖ yₖ",
    gradient: "∂s/∂x = y",
    edge: "a zero row gives 0",
    judged: "relative to |x||y|",
    params: {},
    source: "linear algebra; torch.matmul",
  },
  cosineSimilarity: {
    closer: "larger",
    meaning: "the cosine of the angle between the rows, in [−1, 1]",
    formula: "s = Σₖ xₖ yₖ / (|x| |y|)",
    gradient: "∂s/∂x = (ŷ − s x̂) / |x|, with x̂ = x/|x| and ŷ = y/|y|",
    edge: "norms are at least 1e-12, so a zero row gives 0; its gradient is 0",
    judged: "relative to 1 (unit rows)",
    params: {},
    source: "torch.nn.functional.cosine_similarity; rows are divided by max(|x|, 1e-12)",
  },
  cosine: {
    closer: "smaller",
    meaning: "one minus the cosine similarity, in [0, 2]",
    formula: "d = 1 − Σₖ xₖ yₖ / (|x| |y|)",
    gradient: "∂d/∂x = −(ŷ − s x̂) / |x|, with s = 1 − d",
    edge: "norms are at least 1e-12, so a zero row gives 1, with gradient 0; exactly 0 between a row and itself where y is x",
    judged: "relative to d",
    params: {},
    source: "scipy.spatial.distance.cosine, except at zero rows where SciPy gives NaN",
  },
  sqeuclidean: {
    closer: "smaller",
    meaning: "the squared straight-line distance",
    formula: "d = Σₖ (xₖ − yₖ)²",
    gradient: "∂d/∂x = 2 (x − y)",
    edge: "never negative; exactly 0 between equal rows",
    judged: "relative to d",
    params: {},
    source: "scipy.spatial.distance.sqeuclidean",
  },
  euclidean: {
    closer: "smaller",
    meaning: "the straight-line distance",
    formula: "d = √Σₖ (xₖ − yₖ)²",
    gradient: "∂d/∂x = (x − y) / d, and 0 where d = 0",
    edge: "exactly 0 between equal rows, with gradient 0 there",
    judged: "relative to d",
    params: {},
    source: "scipy.spatial.distance.euclidean; gradient at 0 as in torch.cdist",
  },
} as const satisfies Record<string, DistanceSpec>;

/** What `reduceRows` can make of a row of the matrix; the place in the list is the id. */
export const ROW_REDUCTIONS = {
  min: { formula: "minⱼ dᵢⱼ", empty: "+∞" },
  max: { formula: "maxⱼ dᵢⱼ", empty: "−∞" },
  sum: { formula: "Σⱼ dᵢⱼ", empty: "0" },
  mean: { formula: "Σⱼ dᵢⱼ / M", empty: "NaN" },
  logSumExp: { formula: "ln Σⱼ exp(scale · dᵢⱼ)", empty: "−∞" },
} as const satisfies Record<string, { readonly formula: string; readonly empty: string }>;
