// npm run build:ts
import { buildTypeScript } from "./setup.mjs";

buildTypeScript();
