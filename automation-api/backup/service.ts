export type { Progress } from "./contract.ts";
export { masterKeyFile } from "./data-files.ts";
export { checkBackup, type RestoreOptions, type RestoreSummary, restoreBackup } from "./restore.ts";
export { fewestPassphraseCharacters } from "./seal.ts";
export { type BackupOptions, type BackupSummary, writeBackup } from "./write.ts";
