/** What `retrieval` measures, each declared once; the reference page follows from here. A table imports nothing and computes nothing. */

export interface MeasureSpec {
  readonly title: string;
  readonly formula: string;
  readonly meaning: string;
  readonly source: string;
}

export const MEASURES = {
  recallAt: {
    title: "Recall@k",
    formula: "[rank₁ ≤ k]",
    meaning: "the share of queries with a reference of their own label among the k closest",
    source:
      "the hit rate of deep metric learning, as in MalongTech/research-ms-loss (ret_metric.py), but with ties ranked by index",
  },
  mapAtR: {
    title: "MAP@R",
    formula: "Σ over rankⱼ ≤ R of j/rankⱼ, divided by R",
    meaning: "precision at each relevant place among the R closest, averaged over R; rewards order as well as presence",
    source: "Musgrave et al. 2020, arXiv 2003.08505; pytorch-metric-learning (mean_average_precision_at_r)",
  },
  rPrecision: {
    title: "R-precision",
    formula: "#{rankⱼ ≤ R} / R",
    meaning: "the share of relevant references among the R closest",
    source: "Musgrave et al. 2020, arXiv 2003.08505; pytorch-metric-learning (r_precision)",
  },
  meanReciprocalRank: {
    title: "Mean reciprocal rank",
    formula: "1 / rank₁",
    meaning: "how early the first relevant reference comes",
    source: "pytorch-metric-learning (mean_reciprocal_rank)",
  },
} as const satisfies Record<string, MeasureSpec>;
