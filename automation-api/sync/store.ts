/** An object, and what tells it from each other text that was there under its key. */
export interface StoredObject {
  text: string;
  tag: string;
}

/** One object that is swapped, with what is to be there before it and what is no longer needed after it. */
export interface Swap {
  key: string;
  text: string;
  /** Of what is there now; null when nothing is. */
  tag: string | null;
  /** Under keys made of their content: to write one twice does no harm. */
  with: Record<string, string>;
  without: string[];
}

/** Where documents are kept: by the database, a Git repository or an S3-compatible store. */
export interface SyncStore {
  read(key: string): Promise<StoredObject | undefined>;
  /** @returns false, with nothing changed under `key`, when something else is there by now. */
  swap(swap: Swap): Promise<boolean>;
}
