/** Removes known secrets from text. */
export interface Redactor {
  /** Hides this text from now on. Short text is ignored, because it would match harmless words. */
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
      // As it is written in JSON.
      secrets.add(JSON.stringify(text).slice(1, -1))
    },
    clean(text) {
      let clean = text
      for (const secret of secrets) clean = clean.replaceAll(secret, '(hidden)')
      return clean
    },
  }
}
