/** Keeps secrets out of text, whatever way they came into it. */
export interface Redactor {
  /** From now on this text is never shown. Short ones are no secrets: they would take innocent words with them. */
  hide(secret: string | undefined): void
  /** The text with every secret replaced. */
  clean(text: string): string
}

const shortestSecret = 8

export function redactor(): Redactor {
  const secrets = new Set<string>()
  return {
    hide(secret) {
      const text = secret?.trim() ?? ''
      if (text.length < shortestSecret) return
      secrets.add(text)
      // As it stands within JSON.
      secrets.add(JSON.stringify(text).slice(1, -1))
    },
    clean(text) {
      let clean = text
      for (const secret of secrets) clean = clean.replaceAll(secret, '(hidden)')
      return clean
    },
  }
}
