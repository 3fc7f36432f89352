// The package as a user imports it.
import { load } from "../contenders/import.js";
import type { Api } from "./problems.js";

export async function loadApi(): Promise<Api> {
  const [root, distance, loss] = await Promise.all(
    ["warpweft", "warpweft/distance", "warpweft/loss"].map((name) => load<object>(name)),
  );
  return { ...root, ...distance, ...loss } as Api;
}
