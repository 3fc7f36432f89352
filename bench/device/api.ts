// The package as a user imports it.
import { load } from "../contenders/import.js";
import type { Api } from "./problems.js";

export async function loadApi(): Promise<Api> {
  const names = ["warpweft", "warpweft/distance", "warpweft/loss", "warpweft/attention"];
  const parts = await Promise.all(names.map((name) => load<object>(name)));
  return Object.assign({}, ...parts) as Api;
}
