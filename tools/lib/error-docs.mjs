/**
 * The text of docs/errors.md.
 *
 * @param {Readonly<Record<string, { readonly retryable: boolean, readonly remedy: string }>>} codes
 */
export function errorDocs(codes) {
  const rows = Object.entries(codes).map(
    ([code, { retryable, remedy }]) =>
      `| \`${code}\` | ${retryable ? 'yes' : 'no'} | ${remedy.replaceAll('|', '\\|')} |`,
  )
  return `# Error codes

<!-- Written by \`pnpm docs:write\` from packages/core/src/errors/codes.ts. Change it there. -->

Every error that the watcher throws by itself is a \`WatcherError\` with one of these codes. The codes are part of the
public interface and change only with a major version; messages may change at any time. Compare \`error.code\`, or use
\`hasCode(error, 'VERSION_STALE')\`.

| Code | The same call may succeed later | What to do |
| --- | --- | --- |
${rows.join('\n')}
`
}
