/**
 * The distances, each declared once: option types, the C++ list and the reference page follow from here.
 * A table imports nothing and computes nothing; an entry's place in it is its id on the native side.
 */

/** Bounds are part of the range, except `above`, which is not. */
export interface NumberParam {
  readonly kind: "number";
  /** none: it must be given */
  readonly default?: number;
  readonly above?: number;
  readonly min?: number;
  /** ∞ is a value too */
  readonly infinite?: true;
  readonly doc: string;
}
export interface BooleanParam {
  readonly kind: "boolean";
  readonly default: boolean;
  readonly doc: string;
}
/** A tensor, which receives a gradient where it asks for one. */
export interface TensorParam {
  readonly kind: "tensor";
  readonly shape: string;
  readonly optional?: true;
  readonly doc: string;
}
export type DistanceParam = NumberParam | BooleanParam | TensorParam;

export interface DistanceSpec {
  /** Which values mean that two rows are alike. */
  readonly closer: "smaller" | "larger";
  /** A function of x·y and of norms, so that the rows of a base may be int8 codes, whose sums are exact. */
  readonly codes?: true;
  readonly meaning: string;
  readonly formula: string;
  /** With respect to x; w is the upstream gradient of the pair. */
  readonly gradient: string;
  /** What is defined where the formula is not. */
  readonly edge: string;
  /** What relative error is measured against. */
  readonly judged: string;
  readonly params: Readonly<Record<string, DistanceParam>>;
  readonly source: string;
}

export const DISTANCES = {
  inner: {
    closer: "larger",
    codes: true,
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
    codes: true,
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
    codes: true,
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
    codes: true,
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
    codes: true,
    meaning: "the straight-line distance",
    formula: "d = √Σₖ (xₖ − yₖ)²",
    gradient: "∂d/∂x = (x − y) / d, and 0 where d = 0",
    edge: "exactly 0 between equal rows, with gradient 0 there",
    judged: "relative to d",
    params: {},
    source: "scipy.spatial.distance.euclidean; gradient at 0 as in torch.cdist",
  },
  correlation: {
    closer: "smaller",
    meaning: "one minus the correlation of the rows, the cosine distance of rows without their means, in [0, 2]",
    formula: "d = 1 − Σₖ x̃ₖ ỹₖ / (|x̃| |ỹ|), with x̃ = x − mean(x)",
    gradient: "∂d/∂x = −(ŷ − s x̂) / |x̃|, with x̂ = x̃/|x̃| and s = 1 − d",
    edge: "a row whose elements are equal counts as the zero row of cosine: distance 1, gradient 0",
    judged: "relative to d",
    params: {},
    source: "scipy.spatial.distance.correlation, except at constant rows where SciPy gives NaN",
  },
  snr: {
    closer: "smaller",
    meaning: "the signal-to-noise distance: the variance of the difference over that of the anchor x; not symmetric",
    formula: "d = Var(x − y) / Var(x) = |x̃ − ỹ|² / |x̃|², with x̃ = x − mean(x)",
    gradient: "∂d/∂x = (2/|x̃|²) ((1 − d) x̃ − ỹ), ∂d/∂y = (2/|x̃|²) (ỹ − x̃)",
    edge: "|x̃|² is at least 1e-12; pairs of an anchor below that have no gradient",
    judged: "relative to d",
    params: {},
    source: "Yuan et al., CVPR 2019; pytorch-metric-learning (SNRDistance), without its normalisation",
  },
  poincare: {
    closer: "smaller",
    meaning: "the distance in the Poincaré ball of curvature −c, between points that lie in it",
    formula: "d = (2/√c) asinh √(c|x − y|² / ((1 − c|x|²)(1 − c|y|²)))",
    gradient:
      "∂d/∂x = C ((1 − c²r²|y|²) x − (1 − c r²) y), with r = tanh(√c d/2)/√c and C = 2/(r (1 − c|x|²)(1 − c|y|²))",
    edge: "a point with c|x|² ≥ 1 is refused, see `expMap0`; exactly 0 between equal rows, with gradient 0 there",
    judged: "relative to d",
    params: {
      curvature: { kind: "number", default: 0.1, above: 0, doc: "c: the ball has radius 1/√c" },
    },
    source: "Ermolov et al. 2022 (htdt/hyp_metric, pmath.py), by an identity that needs no N×M×D and no epsilons",
  },
  gaussian: {
    closer: "larger",
    meaning: "the Gaussian kernel, a similarity in [0, 1]",
    formula: "k = exp(−γ Σₖ (xₖ − yₖ)²)",
    gradient: "∂k/∂x = −2γ k (x − y)",
    edge: "exactly 1 between equal rows",
    judged: "relative to 1",
    params: {
      gamma: { kind: "number", default: 0.5, above: 0, doc: "γ, the inverse of twice the variance" },
    },
    source: "Lu et al. 2021 (fudan-zvg/SOFT), whose kernel is the default; sklearn.metrics.pairwise.rbf_kernel",
  },
  mahalanobis: {
    closer: "smaller",
    meaning: "the straight-line distance after whitening by a precision matrix",
    formula: "d = √((x − y)ᵀ A (x − y)), or its square",
    gradient:
      "∂d/∂x = A (x − y) / d, and 0 where d = 0; ∂d/∂A = (x − y)(x − y)ᵀ / 2d. Of the square: 2A (x − y), (x − y)(x − y)ᵀ",
    edge: "exactly 0 between equal rows; a matrix that is not symmetric positive definite is refused",
    judged: "relative to d",
    params: {
      precision: {
        kind: "tensor",
        shape: "[D, D]",
        doc: "A, the inverse of a covariance; symmetric positive definite",
      },
      squared: { kind: "boolean", default: false, doc: "without the root" },
    },
    source: "scipy.spatial.distance.mahalanobis; squared as in Lee et al. 2018, arXiv 1807.03888",
  },
  structured: {
    closer: "larger",
    meaning: "a weighted inner product, by a diagonal, by blocks along it, or by both; a similarity",
    formula: "s = Σₖ dₖ xₖ yₖ + Σ_b x_bᵀ W_b y_b, with b the D/g runs of g coordinates",
    gradient: "∂s/∂x = d∘y + W y, ∂s/∂y = d∘x + Wᵀ x, ∂s/∂dₖ = xₖ yₖ, ∂s/∂W_b = x_b y_bᵀ",
    edge: "a zero row gives 0",
    judged: "relative to |x||W y|",
    params: {
      diagonal: { kind: "tensor", shape: "[D]", optional: true, doc: "d" },
      blocks: { kind: "tensor", shape: "[D/g, g, g]", optional: true, doc: "W; g divides D" },
    },
    source:
      "Diao et al., arXiv 2410.15266 (GSSF), the similarity alone; how its weights are made sparse and scaled is not verified",
  },
  cityblock: {
    closer: "smaller",
    meaning: "the sum of absolute differences",
    formula: "d = Σₖ |xₖ − yₖ|",
    gradient: "∂d/∂xₖ = sgn(xₖ − yₖ), and 0 where they are equal",
    edge: "exactly 0 between equal rows",
    judged: "relative to d",
    params: {},
    source: "scipy.spatial.distance.cityblock",
  },
  chebyshev: {
    closer: "smaller",
    meaning: "the largest absolute difference",
    formula: "d = maxₖ |xₖ − yₖ|",
    gradient: "∂d/∂xₖ = sgn(xₖ − yₖ) at every coordinate that attains the maximum",
    edge: "exactly 0 between equal rows, with gradient 0 there",
    judged: "relative to d",
    params: {},
    source: "scipy.spatial.distance.chebyshev; gradient as in torch.cdist",
  },
  minkowski: {
    closer: "smaller",
    meaning: "the p-th root of the sum of p-th powers of absolute differences",
    formula: "d = (Σₖ |xₖ − yₖ|ᵖ)^(1/p)",
    gradient: "∂d/∂xₖ = sgn(xₖ − yₖ) (|xₖ − yₖ|/d)^(p−1), and 0 where d = 0",
    edge: "exactly 0 between equal rows; p = 1, 2 and ∞ are cityblock, euclidean and chebyshev",
    judged: "relative to d",
    params: {
      p: { kind: "number", min: 1, infinite: true, doc: "the power" },
    },
    source: "scipy.spatial.distance.minkowski; torch.cdist",
  },
} as const satisfies Record<string, DistanceSpec>;

/** What `reduceRows` and `rowStatistics` can make of a row of the matrix; the place in the list is the id. */
export const ROW_REDUCTIONS = {
  min: { formula: "minⱼ dᵢⱼ", empty: "+∞" },
  max: { formula: "maxⱼ dᵢⱼ", empty: "−∞" },
  sum: { formula: "Σⱼ dᵢⱼ", empty: "0" },
  mean: { formula: "Σⱼ dᵢⱼ / M", empty: "NaN" },
  logSumExp: { formula: "ln Σⱼ exp(scale · dᵢⱼ)", empty: "−∞" },
} as const satisfies Record<string, { readonly formula: string; readonly empty: string }>;

/** What `labelStatistics` finds for each row i, whose positives are P and whose negatives are Q; the place in the list is the id. */
export const LABEL_CHOICES = {
  hardestPositive: { meaning: "the farthest positive", formula: "argmax over j ∈ P of dᵢⱼ" },
  easiestPositive: { meaning: "the closest positive", formula: "argmin over j ∈ P of dᵢⱼ" },
  hardestNegative: { meaning: "the closest negative", formula: "argmin over j ∈ Q of dᵢⱼ" },
  easiestNegative: { meaning: "the farthest negative", formula: "argmax over j ∈ Q of dᵢⱼ" },
  semiHardNegative: {
    meaning: "the closest negative that is strictly farther than the chosen positive p",
    formula: "argmin over j ∈ Q with dᵢⱼ > dᵢₚ of dᵢⱼ",
  },
} as const satisfies Record<string, { readonly meaning: string; readonly formula: string }>;
