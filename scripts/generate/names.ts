/** camelCase to snake_case, the one rule between the names of lib/ and those of src/: infoNCE → info_nce. */
export function snake(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1_$2")
    .toLowerCase();
}
