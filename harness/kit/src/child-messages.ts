/*
 * What a parent and a child of ours say to each other. The parent speaks first, with the settings; then it gives commands,
 * many at a time, and each is answered or refused.
 */

export interface Request<Command> {
  readonly number: number
  readonly command: Command
}

export type Report<Answer> =
  /** Commands are taken. */
  | { readonly type: 'ready' }
  | { readonly type: 'answer'; readonly number: number; readonly answer: Answer }
  | { readonly type: 'refused'; readonly number: number; readonly code: string; readonly message: string }
  /** Something that the parent must hear though it did not ask. */
  | { readonly type: 'notice'; readonly message: string }
