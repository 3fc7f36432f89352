import { grouped } from "../groups.js";
import { agreement } from "./agree.js";

agreement(grouped.options);
