/** A layer's weights in the basis of its slices, and one place's part of them. All of it happens once, offline. */
import { moved } from "../../algebra/device.js";
import { combine } from "../../algebra/elementwise.js";
import { product, turned } from "../../algebra/views.js";
import type { Steps } from "../../async.js";
import { type Dense, floats, wrap } from "../../dense.js";
import { WarpweftError } from "../../error.js";
import type { Shape } from "../layer/config.js";
import type { Share } from "../layer/decode.js";
import { gathered, rowsOf, sideBySide, sliced } from "../layer/parts.js";
import type { Weights } from "../layer/weights.js";
import type { Checked } from "./place.js";

/**
 * The same layer with its latent turned by an orthogonal U: RMSNorm(c) ∘ γ = RMSNorm(c U) Uᵀ diag(γ), so that W_DKV ← W_DKV U, W_UK ←
 * Uᵀ diag(γ) W_UK, W_UV likewise, and the gain becomes 1. The root mean square is still that of the whole latent.
 */
export function* turnedWeights({ latent, rope }: Shape, weights: Weights, u: Dense): Steps<Weights> {
  const gain = weights.latentNorm.view([latent, 1], [weights.latentNorm.strides[0] as number, 0]);
  const ones = wrap(new Float32Array(latent).fill(1), [latent]);
  const up = (w: Dense) => product(turned(u), combine("basis", "mul", w, gain));
  const down = weights.downLatent;
  const shared = sliced(down, latent, latent + rope);
  return {
    ...weights,
    downLatent: sideBySide(yield* product(sliced(down, 0, latent), u), shared),
    latentNorm: u.device === "cpu" ? ones : moved("basis", ones, u.device),
    upKey: yield* up(weights.upKey),
    upValue: yield* up(weights.upValue),
  };
}

/** Of turned weights. Key weights score with the columns that are seen: plain rows, or with completion Bᵀ W_UK. */
export function* shareOf(shape: Shape, weights: Weights, place: Checked): Steps<Share> {
  const { heads, columns, guess, slice, slices } = place;
  const ofHeads = (w: Dense, width: number) => sliced(w, heads[0] * width, heads[1] * width);
  const own = shape.latent / slices;
  const keys = ofHeads(weights.upKey, shape.nope);
  const picked = turned(gathered(turned(keys), columns));
  return {
    weights: { ...weights, upQuery: ofHeads(weights.upQuery, shape.nope + shape.rope) },
    own,
    columns: columns.length === own && slices === 1 ? undefined : columns,
    key: guess ? yield* product(turned(guess), keys) : picked,
    value: rowsOf(ofHeads(weights.upValue, shape.value), slice * own, (slice + 1) * own),
  };
}

/** Throws ERR_ARGUMENT once an optimizer has changed one of the weights. */
export function watched(weights: Weights): (fn: string) => void {
  const seen = Object.entries(weights).map(([name, x]) => ({ name, storage: x?.storage, version: x?.storage.version }));
  return (fn) => {
    const changed = seen.find(({ storage, version }) => storage?.version !== version);
    if (!changed) return;
    const words = `weights.${changed.name} was changed by an optimizer since the place was made of it; make a new one`;
    throw new WarpweftError("ERR_ARGUMENT", `${fn}: ${words}`);
  };
}

/** @throws WarpweftError ERR_ARGUMENT unless UᵀU is the identity to a thousandth. */
export function* orthogonal(fn: string, u: Dense): Steps<void> {
  const n = u.shape[0] as number;
  const squares = floats(yield* product(turned(u), u));
  const off = squares.reduce((most, x, at) => Math.max(most, Math.abs(x - (at % (n + 1) === 0 ? 1 : 0))), 0);
  if (off <= 1e-3) return;
  const words = `basis.matrix must be orthogonal, got one whose UᵀU is off the identity by ${off.toPrecision(3)}`;
  throw new WarpweftError("ERR_ARGUMENT", `${fn}: ${words}`);
}
