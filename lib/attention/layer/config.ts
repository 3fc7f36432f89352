/** A layer's numbers, checked once: widths, angles, the softmax scale. */
import * as check from "../../check.js";
import { frequenciesOf } from "../rope.js";
import type { LatentConfig, Yarn } from "./types.js";

/** With the paper's letters: D, H, r_q, r, d_n, d_r, d_v. */
export interface Shape {
  readonly model: number;
  readonly heads: number;
  readonly queryRank: number;
  readonly latent: number;
  readonly nope: number;
  readonly rope: number;
  readonly value: number;
  readonly eps: number;
  /** σ = (d_n + d_r)^−½, times YaRN's factor; the width of the absorbed query does not count */
  readonly scale: number;
  readonly interleaved: boolean;
  /** radians a position, [d_r / 2] */
  readonly frequencies: Float64Array;
}

const KNOWN = [
  ...["modelDim", "heads", "queryRank", "latentDim", "nopeDim", "ropeDim", "valueDim"],
  ...["ropeBase", "ropeInterleaved", "yarn", "normEps"],
];

export function shapeOf(fn: string, config: LatentConfig): Shape {
  if (config === undefined) check.fail("ERR_ARGUMENT", fn, "config", "be an object", config);
  const given = check.options(fn, config, KNOWN);
  const whole = (name: keyof LatentConfig, min = 1) =>
    check.number(fn, `config.${name}`, given[name], { min, integer: true });
  const [nope, rope] = [whole("nopeDim"), whole("ropeDim", 2)];
  if (rope % 2 !== 0) check.fail("ERR_ARGUMENT", fn, "config.ropeDim", "be even", rope);
  const base = check.number(fn, "config.ropeBase", given.ropeBase ?? 10_000, { min: 1, above: true });
  const yarn = given.yarn === undefined ? undefined : checkedYarn(fn, given.yarn);
  return {
    model: whole("modelDim"),
    heads: whole("heads"),
    queryRank: whole("queryRank", 0),
    latent: whole("latentDim"),
    nope,
    rope,
    value: whole("valueDim"),
    eps: check.number(fn, "config.normEps", given.normEps ?? 1e-6, { min: 0 }),
    scale: (nope + rope) ** -0.5 * (yarn ? (0.1 * yarn.mscale * Math.log(yarn.factor) + 1) ** 2 : 1),
    interleaved: check.boolean(fn, "config.ropeInterleaved", given.ropeInterleaved ?? true),
    frequencies: yarn ? slowed(base, rope, yarn) : frequenciesOf(base, rope),
  };
}

function checkedYarn(fn: string, yarn: Yarn): Required<Yarn> {
  const given = check.options(`${fn}: config.yarn`, yarn, [
    "factor",
    "originalLength",
    "betaFast",
    "betaSlow",
    "mscale",
  ]);
  const number = (name: keyof Yarn, value: unknown, range: Parameters<typeof check.number>[3]) =>
    check.number(fn, `config.yarn.${name}`, value, range);
  const betaSlow = number("betaSlow", given.betaSlow ?? 1, { min: 0, above: true });
  return {
    factor: number("factor", given.factor, { min: 1 }),
    originalLength: number("originalLength", given.originalLength, { min: 1 }),
    betaSlow,
    betaFast: number("betaFast", given.betaFast ?? 32, { min: betaSlow }),
    mscale: number("mscale", given.mscale ?? 1, { min: 0 }),
  };
}

/**
 * Pair m keeps its θ where it makes more than betaFast turns within the original length, has θ/factor below betaSlow turns, and
 * a mixture between, linear in m. As DeepSeek-V3's precompute_freqs_cis has it; cos and sin are not scaled.
 */
function slowed(base: number, width: number, { factor, originalLength, betaFast, betaSlow }: Required<Yarn>) {
  const pairOf = (turns: number) => (width * Math.log(originalLength / (turns * 2 * Math.PI))) / (2 * Math.log(base));
  const low = Math.max(Math.floor(pairOf(betaFast)), 0);
  const high = Math.min(Math.ceil(pairOf(betaSlow)), width - 1);
  const span = high === low ? 0.001 : high - low;
  return frequenciesOf(base, width).map((theta, m) => {
    const slow = Math.min(Math.max((m - low) / span, 0), 1);
    return (theta / factor) * slow + theta * (1 - slow);
  });
}
