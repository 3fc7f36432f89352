// A step of latent attention's decoding on a GPU: one token a sequence, 16 heads, from MLA's rows and from TPLA's slice of them.
import type { Api, DeviceProblem, DType, Made } from "./problems.js";

export interface DecodeShape {
  readonly batch: number;
  readonly length: number;
}

const HEADS = 16;
const PAGE = 64;
const WIDTHS = { MLA: [512, 64], TPLA: [256, 64] } as const;

function made(
  api: Api,
  { batch, length }: DecodeShape,
  latent: number,
  rope: number,
  dtype: DType,
  device: string,
): Made {
  const rows = (columns: number, ...shape: number[]) => {
    const count = shape.reduce((a, b) => a * b, columns);
    const data = Float32Array.from({ length: count }, (_, i) => Math.sin(i * i));
    return api.tensor(data, [...shape, columns], { dtype, device });
  };
  const pages = batch * Math.ceil(length / PAGE);
  const cache = new api.LatentCache({ pages, pageSize: PAGE, latentDim: latent, ropeDim: rope, dtype, device });
  const [latents, ropes] = [rows(latent, length), rows(rope, length)];
  for (let id = 0; id < batch; id++) cache.append(id, latents, ropes);
  return { x: rows(latent, batch, 1, HEADS), y: rows(rope, batch, 1, HEADS), labels: new Int32Array(0), cache };
}

export function decodeProblems(shape: DecodeShape, dtypes: readonly DType[]): DeviceProblem[] {
  const { batch, length } = shape;
  const ids = Array.from({ length: batch }, (_, id) => id);
  return Object.entries(WIDTHS).flatMap(([name, [latent, rope]]) =>
    dtypes.map((dtype) => ({
      id: `latentDecode-${name}-${dtype}`,
      title: `latentDecode ${name}, ${batch} sequences of ${length}, ${HEADS} heads`,
      dtype,
      shape: { n: batch * HEADS, m: batch * length, d: latent + rope },
      flops: 2 * batch * length * HEADS * (2 * latent + rope),
      before: "attention_append",
      make: (api: Api, device: string) => made(api, shape, latent, rope, dtype, device),
      run: async (api: Api, { x, y, cache }: Made) => {
        if (!cache) throw new Error("there is no cache to decode from");
        const { output, lse } = await api.latentDecodeAsync({ latent: x, rope: y }, cache, ids, { scale: 0.1 });
        output.dispose();
        lse.dispose();
      },
    })),
  );
}
