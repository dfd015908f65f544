/** Whether what is kept can be brought back. There is no default: to go without is a decision. */
export const BackupChoice = {
  /** Automatic backups every day. */
  daily: "daily",
  /** No backups. */
  none: "none",
} as const;
export type BackupChoice = (typeof BackupChoice)[keyof typeof BackupChoice];
