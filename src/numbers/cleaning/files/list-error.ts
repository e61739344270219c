/** What the person who cleans a list can put right; the message says how. */
export class ListError extends Error {
  override readonly name = "ListError";
}

/** A run cannot begin with what was given or guessed; the message says what to pass. */
export class ListUsageError extends ListError {}

/** An unfinished run in the folder was of another file, or with other settings. */
export class OtherRunError extends ListError {}

/** Another process cleans a list into this folder. */
export class FolderInUseError extends ListError {}
