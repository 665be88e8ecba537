/*
 * What a process and its child say to each other. The parent speaks first, with the settings; then it gives commands, many
 * at a time, and each is answered or refused.
 */

export interface Request<Command> {
  readonly number: number
  readonly command: Command
}

export type Report<Answer> =
  /** The child takes commands. */
  | { readonly type: 'ready' }
  | { readonly type: 'answer'; readonly number: number; readonly answer: Answer }
  | { readonly type: 'refused'; readonly number: number; readonly code: string; readonly message: string }
  /** Something the parent must hear although it did not ask. */
  | { readonly type: 'notice'; readonly message: string }
