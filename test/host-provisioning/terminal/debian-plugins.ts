import { readFileSync } from "node:fs";
import { sourcesOf } from "../../../host-provisioning/terminal/index.ts";

const files = [
  "zsh-autosuggestions/zsh-autosuggestions.zsh",
  "zsh-syntax-highlighting/zsh-syntax-highlighting.zsh",
  "zsh-syntax-highlighting/highlighters/main/main-highlighter.zsh",
];

/** The catalogue's plugins from Debian's packages, which have the pinned releases byte for byte. */
export const debianPlugins = () => sourcesOf(files.map((file) => readFileSync(`/usr/share/${file}`, "utf8")));
