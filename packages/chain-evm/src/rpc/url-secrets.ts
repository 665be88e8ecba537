/** Shorter parts of a URL are names, such as `mainnet` or `v3`; keys of providers have 20 characters and more. */
const shortestKey = 16

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** What of a URL must not be seen, each by itself: nodes repeat keys in what they say, without the URL around them. */
export function secretsOf(url: string): readonly string[] {
  if (!URL.canParse(url)) return []
  const { username, password, pathname, searchParams } = new URL(url)
  const keys = [...pathname.split('/'), ...searchParams.values()].filter(({ length }) => length >= shortestKey)
  const isSecret = pathname !== '/' || url.includes('@')
  const parts = [username, password, ...keys].filter((part) => part !== '')
  return [...new Set([...(isSecret ? [url] : []), ...parts, ...parts.map(decoded)])]
}

/** Removes the secrets of a URL from what a node says. */
export function secretRemover(url: string | undefined): (text: string) => string {
  const secrets = url === undefined ? [] : secretsOf(url)
  return (text) => secrets.reduce((clean, secret) => clean.replaceAll(secret, '(hidden)'), text)
}
