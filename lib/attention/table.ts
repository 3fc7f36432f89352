/**
 * What attention is made of, each part declared once: the C++ list and the reference page follow from here.
 * A table imports nothing and computes nothing; an entry's place in it is its id on the native side.
 */

export interface NormalizerSpec {
  readonly meaning: string;
  /** s is a score, v a row of values; sums go over the keys that a query sees. */
  readonly formula: string;
  readonly gradient: string;
  /** What is kept of a row while its keys pass. */
  readonly state: string;
  readonly lse: string;
  /** What a row gets that sees no key. */
  readonly empty: string;
  readonly source: string;
}

/** How scores become weights. */
export const NORMALIZERS = {
  softmax: {
    meaning: "weights that are positive and add up to 1",
    formula: "out = Σⱼ pⱼ vⱼ, with pⱼ = e^(sⱼ) / Σₖ e^(sₖ)",
    gradient: "∂L/∂sⱼ = pⱼ (g·vⱼ − g·out), ∂L/∂vⱼ = pⱼ g, with g = ∂L/∂out",
    state: "the largest score so far, and Σ e^(s − largest)",
    lse: "ln Σⱼ e^(sⱼ), a natural logarithm",
    empty: "output 0, lse −∞, gradient 0",
    source: "Vaswani et al. 2017, arXiv 1706.03762; streamed as in Milakov and Gimelshein 2018, arXiv 1805.02867",
  },
} as const satisfies Record<string, NormalizerSpec>;

export interface ScoreTerm {
  readonly option: string;
  readonly formula: string;
  readonly meaning: string;
  readonly source: string;
}

/** What a score goes through, in this order; i is the query's place, Sk − Sq + its number, and t the key's. */
export const SCORE_TERMS = {
  scale: {
    option: "scale, default 1/√Dk",
    formula: "s = scale · q·k",
    meaning: "keeps scores of wide rows small",
    source: "arXiv 1706.03762",
  },
  softcap: {
    option: "softcap > 0, default none",
    formula: "s ← softcap · tanh(s / softcap)",
    meaning: "keeps scores within ±softcap",
    source: "Gemma 2, arXiv 2408.00118; flash-attn applies it before the bias too",
  },
  slopes: {
    option: "bias [H]",
    formula: "s ← s − slope · |i − t|",
    meaning: "ALiBi: keys count less the farther away they are",
    source: "arXiv 2108.12409; flash-attn (alibi_slopes)",
  },
  bias: {
    option: "bias [B | 1, H | 1, Sq, Sk]",
    formula: "s ← s + bias",
    meaning: "any number for each pair; −∞ hides a key. No gradient",
    source: "torch.nn.functional.scaled_dot_product_attention (attn_mask)",
  },
  lengths: {
    option: "queryLengths, keyLengths [B]",
    formula: "s ← −∞ for t ≥ keyLength; places count from its end",
    meaning: "rows beyond a length are padding and are never read",
    source: "flash-attn (varlen)",
  },
  causal: {
    option: "causal, default false",
    formula: "s ← −∞ for t > i",
    meaning: "no key after the query; the last query stands at the last key",
    source: "flash-attn 2.1 and later (bottom-right)",
  },
  window: {
    option: "window n or [left, right]",
    formula: "s ← −∞ unless i − left ≤ t ≤ i + right",
    meaning: "only keys near the query; n is [n, causal ? 0 : n]",
    source: "flash-attn (window_size)",
  },
  prefix: {
    option: "prefix, default 0",
    formula: "keys t < prefix are seen whatever causal and window say",
    meaning: "a prompt that all of it sees",
    source: "prefix language models, arXiv 1910.10683",
  },
} as const satisfies Record<string, ScoreTerm>;

/** How a cache keeps its rows. An entry's place is its id on the native side. */
export const CACHE_TYPES = {
  float32: { bytes: "4 (r + d)", rounding: "none" },
  float16: { bytes: "2 (r + d)", rounding: "to nearest even" },
  bfloat16: { bytes: "2 (r + d)", rounding: "to nearest even" },
  fp8: {
    bytes: "r + 4 ⌈r/128⌉ + 2 d, parts rounded up to 4",
    rounding:
      "latent: e4m3 codes to nearest even times one float32 factor for each 128 columns, max|x| / 448 rounded up to a power of two and at least 1e-4; rope: bfloat16",
  },
} as const;
