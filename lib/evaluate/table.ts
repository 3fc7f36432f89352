/** What is measured, each declared once; the reference page follows from here. A table imports nothing and computes nothing. */

export interface MeasureSpec {
  readonly title: string;
  readonly formula: string;
  readonly meaning: string;
  readonly source: string;
}

/** What `retrieval` returns. */
export const MEASURES = {
  recallAt: {
    title: "Recall@k",
    formula: "[rank₁ ≤ k]",
    meaning: "the share of queries with a reference of their own label among the k closest",
    source:
      "the hit rate of deep metric learning, as in MalongTech/research-ms-loss (ret_metric.py), but with ties ranked by index",
  },
  precisionAt1: {
    title: "Precision@1",
    formula: "[rank₁ = 1]",
    meaning:
      "the share of queries whose closest reference has their own label; Recall@1 by another name, whatever k is asked for",
    source: "pytorch-metric-learning (precision_at_1)",
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

/** What other functions return; `from` are the calls. */
export const SINGLE_MEASURES = {
  thresholdInconsistency: {
    title: "Operating-point inconsistency (OPIS)",
    from: ["thresholdInconsistency(embeddings, labels)"],
    formula: "1/(t₂ − t₁) ∫ over t from t₁ to t₂ of meanᵢ (Uᵢ(t) − U(t))²",
    meaning:
      "how much the utility of one threshold differs from class to class over the thresholds that are of use: Uᵢ = 2φψ/(φ + ψ) with φ = 1 − FARᵢ and ψ = 1 − FRRᵢ of the pairs whose anchor is of class i, U their mean over classes, and [t₁, t₂] where the overall false acceptance rate lies in farRange; 0 where one threshold serves all classes alike",
    source: "Threshold-Consistent Margin Loss, arXiv 2307.04047; not verified against the authors' code or numbers",
  },
  auc: {
    title: "Area under the ROC curve",
    from: ["auc(positives, negatives)"],
    formula: "#{(p, n): p > n} + ½ #{(p, n): p = n}, divided by the number of pairs",
    meaning: "the chance that a positive score stands above a negative one; exact, not binned",
    source: "Mann and Whitney 1947; scikit-learn (roc_auc_score)",
  },
  nmi: {
    title: "Normalised mutual information",
    from: ["clustering(embeddings, labels).nmi", "agreement(labelsA, labelsB).nmi"],
    formula: "2 I(A; B) / (H(A) + H(B))",
    meaning: "what two assignments tell of each other, in [0, 1]; grows by chance with the number of clusters",
    source: "scikit-learn (normalized_mutual_info_score, arithmetic mean)",
  },
  ami: {
    title: "Adjusted mutual information",
    from: ["clustering(embeddings, labels).ami", "agreement(labelsA, labelsB).ami"],
    formula: "(I − E[I]) / ((H(A) + H(B))/2 − E[I]), E over all assignments of the same cluster sizes",
    meaning: "the same with chance taken off: 1 for equal assignments, about 0 for independent ones, below 0 for worse",
    source: "Vinh, Epps and Bailey 2010, JMLR 11; scikit-learn (adjusted_mutual_info_score)",
  },
  f1: {
    title: "Pair-counting F1",
    from: ["clustering(embeddings, labels).f1", "agreement(labelsA, labelsB).f1"],
    formula: "2 Σᵢⱼ C(nᵢⱼ, 2) / (Σᵢ C(aᵢ, 2) + Σⱼ C(bⱼ, 2))",
    meaning: "precision and recall of 'these two rows belong together', in one number",
    source:
      "ParameterEfficient-DML (metrics/f1.py); Manning, Raghavan and Schütze, Introduction to Information Retrieval, 16.3",
  },
} as const satisfies Record<string, MeasureSpec & { readonly from: readonly string[] }>;
