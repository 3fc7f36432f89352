// One problem, once, in a process of its own: trial.ts '{"id":…,"shape":…}'. With PTXVM_REPORT set the virtual GPU notes what it did.
import { loadApi } from "./api.js";
import { type DecodeShape, decodeProblems } from "./decode.js";
import { type DType, deviceProblems, make, type Shape } from "./problems.js";

interface Request {
  readonly id: string;
  readonly shape: Shape;
  readonly decoded: DecodeShape;
  readonly dtype: DType;
}
const { id, shape, decoded, dtype } = JSON.parse(process.argv[2] ?? "{}") as Request;
const all = [...deviceProblems(shape, [dtype]), ...decodeProblems(decoded, [dtype])];
const problem = all.find((candidate) => candidate.id === id);
if (!problem) throw new Error(`no problem ${id}`);
const api = await loadApi();
await problem.run(api, make(api, problem, "cuda"));
